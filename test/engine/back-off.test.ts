import { expect, it } from 'vitest';
import { chunksOf, commandsOf, Driven } from './driven-core.js';
import type { EngineCommand } from '../../src/engine/messages.js';

/** More than what may wait at the method beside the files that are called. */
const largeBytes = 33 * 1024 * 1024;

const largeFile = chunksOf('x'.repeat(largeBytes), 1024 * 1024, 'large.txt');
const smallFiles = ['a', 'b', 'c'].flatMap(name => chunksOf(name, 100, `${name}.txt`));
const done = { kind: 'done', messages: [] } as const;

/** Reads a large file and three small ones; verifies what is asked for, and keeps what goes to the method. */
class Reader extends Driven {
  readonly processed: string[] = [];
  readonly #workIds = new Map<string, number>();

  constructor() {
    super({ budgetBytes: 200_000_000, maxFileBytes: 200_000_000 });
    this.#follow(this.read(largeFile, 0));
    this.#follow(this.read(smallFiles, largeFile.length));
  }

  backOff(name: string, isBackingOff: boolean): void {
    this.#follow(this.handle({ kind: 'backing-off', workId: this.#workIds.get(name)!, isBackingOff }));
  }

  settle(name: string): void {
    const settled = { workId: this.#workIds.get(name)!, outcome: done, attempts: 1, processingMs: 1 };
    this.#follow(this.handle({ kind: 'settled', settled }));
  }

  #follow(commands: readonly EngineCommand[]): void {
    for (const { file } of commandsOf(commands, 'process')) {
      this.processed.push(file.info.filename);
      this.#workIds.set(file.info.filename, file.workId);
    }
    commandsOf(commands, 'hash').forEach(() => this.#follow(this.handle({ kind: 'hashed' })));
    // What was hashed while it came, and what was not.
    const verifications = [...commandsOf(commands, 'verify'), ...commandsOf(commands, 'verify-hashed')];
    for (const { workId } of verifications)
      this.#follow(this.handle({ kind: 'verified', workId, matches: true }));
  }
}

it('a large file keeps others from the method while it is called, and not while it waits for its next attempt', () => {
  const reader = new Reader();
  expect(reader.processed).toEqual(['large.txt']);
  reader.backOff('large.txt', true);
  expect(reader.processed).toEqual(['large.txt', 'a.txt']);
  reader.settle('a.txt');
  expect(reader.processed).toEqual(['large.txt', 'a.txt', 'b.txt']);
  reader.backOff('large.txt', false);
  reader.settle('b.txt');
  expect(reader.processed).toEqual(['large.txt', 'a.txt', 'b.txt']);
  reader.settle('large.txt');
  expect(reader.processed).toEqual(['large.txt', 'a.txt', 'b.txt', 'c.txt']);
});

it('what a file does whose outcome is known changes nothing', () => {
  const reader = new Reader();
  reader.backOff('large.txt', true);
  reader.settle('large.txt');
  reader.backOff('large.txt', true);
  expect(reader.processed).toEqual(['large.txt', 'a.txt', 'b.txt', 'c.txt']);
});
