import { beforeEach, describe, expect, it } from 'vitest';
import { chunksOf, commandsOf, Driven } from './driven-core.js';

let driven: Driven;
let nextOffset: number;

/** Chunks of a file of one byte each. @returns the work id, if that made it whole */
function read(filename: string, which: readonly number[]): number | undefined {
  const chunks = chunksOf('ab', 1, filename);
  const commands = driven.read(
    which.map(at => chunks[at]!),
    nextOffset,
  );
  nextOffset += which.length;
  return commandsOf(commands, 'verify')[0]?.workId;
}

/** @returns how many transactions begin */
function finish(workId: number | undefined, resultBytes = 1): number {
  driven.handle({ kind: 'verified', workId: workId!, matches: true });
  const messages = [{ topic: 'results', key: null, value: Buffer.alloc(resultBytes), headers: {} }];
  const outcome = { kind: 'done', messages } as const;
  const settled = { workId: workId!, outcome, attempts: 1, processingMs: 1 };
  return commandsOf(driven.handle({ kind: 'settled', settled }), 'commit').length;
}

/** A transaction that took so long is over. */
function commitOne(tookMs: number): void {
  expect(finish(read('first', [0, 1]))).toBe(1);
  driven.nowMs += tookMs;
  expect(commandsOf(driven.answerCommit('committed'), 'commit')).toEqual([]);
}

const begunAfter = (ms: number): number => commandsOf(driven.tick(ms), 'commit').length;

beforeEach(() => {
  driven = new Driven({ delivery: 'exactly-once', concurrency: 10 });
  nextOffset = 0;
  driven.handle({
    kind: 'committed-offset',
    epoch: 1,
    committed: { partition: 0, offset: 0n, metadata: null },
  });
  // Where it begins.
  driven.answerCommit('committed');
});

describe('exactly-once, a transaction begins', () => {
  it('at once for a file that comes alone, however shortly after the last one', () => {
    commitOne(20);
    expect(finish(read('second', [0, 1]))).toBe(1);
  });

  it('five times the duration of the last one after it began, while a whole file is under way', () => {
    commitOne(20);
    const other = read('other', [0, 1]);
    expect(finish(read('second', [0, 1]))).toBe(0);
    expect(begunAfter(79)).toBe(0);
    expect(begunAfter(1)).toBe(1);
    driven.answerCommit('committed');
    // The last one: nothing else is under way.
    expect(finish(other)).toBe(1);
  });

  it('at once when the other files are decided as well', () => {
    commitOne(20);
    const other = read('other', [0, 1]);
    expect(finish(read('second', [0, 1]))).toBe(0);
    expect(finish(other)).toBe(1);
    expect(driven.commit!.messages).toHaveLength(2);
  });

  it('as late while chunks of another file come, until they do not come any more', () => {
    commitOne(40);
    const second = read('second', [0, 1]);
    read('other', [0]);
    expect(finish(second)).toBe(0);
    expect(begunAfter(159)).toBe(0);
    expect(begunAfter(1)).toBe(1);
  });

  it('200 ms after the last one at the latest', () => {
    commitOne(150);
    read('other', [0, 1]);
    expect(finish(read('second', [0, 1]))).toBe(0);
    expect(begunAfter(49)).toBe(0);
    expect(begunAfter(1)).toBe(1);
  });
  it('at once with as many results as a transaction takes', () => {
    commitOne(20);
    read('other', [0, 1]);
    expect(finish(read('second', [0, 1]), 9 * 1024 * 1024)).toBe(1);
  });

  it('at once after one that was refused, for each half of it', () => {
    commitOne(20);
    read('other', [0, 1]);
    expect(finish(read('second', [0, 1]))).toBe(0);
    expect(finish(read('third', [0, 1]))).toBe(0);
    expect(begunAfter(80)).toBe(1);
    driven.nowMs += 20;
    const { commitId } = driven.commit!;
    const error = new Error('too large');
    const halves = driven.handle({ kind: 'commit-ended', commitId, result: 'refused', error });
    expect(commandsOf(halves, 'commit')).toHaveLength(1);
    expect(driven.commit!.messages).toHaveLength(1);
  });
});
