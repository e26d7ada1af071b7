import { beforeEach, expect, it } from 'vitest';
import { EngineCore, type EngineCoreOptions } from '../../src/engine/engine-core.js';
import type { EngineCommand, EngineEvent } from '../../src/engine/messages.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import { splitFile } from '../../src/wire/split-file.js';

/** More in one partition than a commit can name. */
const fileCount = 1_000;

function recordOf(at: number) {
  const file = { filename: `f${at}.txt`, subdirectory: '', bytes: Buffer.from(`content ${at}`) };
  const [chunk] = [...splitFile(file, 100)];
  return { offset: BigInt(at), timestampMs: 0, key: null, value: encodeChunk(chunk!) };
}

/** Exactly-once, all files on the topic before the first commit; whoever asks for something gets it at once. */
class Worker {
  readonly core: EngineCore;
  processedCount = 0;
  readonly committedMessages: number[] = [];
  #nowMs = 1_000;
  readonly #commands: EngineCommand[] = [];

  constructor(options: Partial<EngineCoreOptions>) {
    this.core = new EngineCore({
      topic: 'raw',
      name: 'Test',
      version: '',
      concurrency: 1,
      budgetBytes: 100_000_000,
      maxFileBytes: 1_000_000,
      startFrom: 'earliest',
      placement: 'scattered',
      delivery: 'exactly-once',
      ...options,
    });
  }

  handle(event: EngineEvent): void {
    this.#nowMs += 10;
    this.#commands.push(...this.core.handle(event, this.#nowMs));
  }

  /** @param mostFiles the method gives no more answers after so many */
  answerAll(mostFiles = Infinity): void {
    for (let command = this.#commands.shift(); command !== undefined; command = this.#commands.shift())
      this.#answer(command, mostFiles);
  }

  #answer(command: EngineCommand, mostFiles: number): void {
    if (command.kind === 'read-outcomes')
      this.handle({
        kind: 'outcomes-read',
        readId: command.readId,
        paths: [],
        setAside: [],
        superseded: [],
        isKept: true,
      });
    if (command.kind === 'verify') this.handle({ kind: 'verified', workId: command.workId, matches: true });
    if (command.kind === 'process' && this.processedCount < mostFiles) {
      this.processedCount += 1;
      const message = { topic: 'out', key: null, value: Buffer.from('x'), headers: {} };
      const outcome = { kind: 'done', messages: [message] } as const;
      const { workId } = command.file;
      this.handle({ kind: 'settled', settled: { workId, outcome, attempts: 1, processingMs: 1 } });
    }
    if (command.kind === 'commit') {
      this.committedMessages.push(command.messages.filter(({ topic }) => topic === 'out').length);
      this.handle({ kind: 'commit-ended', commitId: command.commitId, result: 'committed' });
    }
  }
}

function start(options: Partial<EngineCoreOptions>, mostFiles?: number): Worker {
  const worker = new Worker(options);
  worker.handle({ kind: 'assigned', assignment: { epoch: 1, kept: [], added: [0], lost: [] } });
  const committed = { partition: 0, offset: null, metadata: null };
  worker.handle({ kind: 'committed-offset', epoch: 1, committed });
  worker.answerAll();
  const records = Array.from({ length: fileCount }, (_, at) => recordOf(at));
  const nextOffset = BigInt(fileCount);
  worker.handle({ kind: 'records', epoch: 1, partition: 0, records, nextOffset, highWatermark: nextOffset });
  for (let tick = 0; tick < 300; tick += 1) {
    worker.handle({ kind: 'tick' });
    worker.answerAll(mostFiles);
  }
  return worker;
}

let worker: Worker;
beforeEach(() => {
  worker = start({ stateTopic: 'states' }, 10);
});

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

it('results are committed while more files wait for the method than a commit can name', () => {
  expect(worker.processedCount).toBe(10);
  expect(total(worker.committedMessages)).toBe(10);
});

it('without a state topic they wait, but the method is given all files, and then they are committed', () => {
  expect(total(start({}, 10).committedMessages)).toBe(0);
  const whole = start({});
  expect(whole.processedCount).toBe(fileCount);
  expect(total(whole.committedMessages)).toBe(fileCount);
});
