import { beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineCore } from '../../src/engine/engine-core.js';
import type { EngineCoreOptions } from '../../src/engine/engine-core-options.js';
import type { EngineCommand, EngineEvent } from '../../src/engine/messages.js';
import { OwnedPartitions } from '../../src/engine/owned-partitions.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import { splitFile } from '../../src/wire/split-file.js';
import { coreOptions } from './driven-core.js';

/** More in one partition than a commit can name. */
const fileCount = 1_000;

function recordOf(at: number) {
  const file = { filename: `f${at}.txt`, subdirectory: '', bytes: Buffer.from(`content ${at}`) };
  const [chunk] = [...splitFile(file, 100)];
  return { offset: BigInt(at), timestampMs: 0, key: null, value: encodeChunk(chunk!) };
}

/** All files are on the topic before the first commit, exactly-once unless told otherwise; whoever asks for something gets it at once. */
class Worker {
  readonly core: EngineCore;
  processedCount = 0;
  readonly committedMessages: number[] = [];
  /** Whether reading goes on, as it was told last. */
  reads: 'pause' | 'resume' = 'resume';
  #nowMs = 1_000;
  readonly #commands: EngineCommand[] = [];

  constructor(options: Partial<EngineCoreOptions>) {
    this.core = new EngineCore({
      ...coreOptions,
      budgetBytes: 100_000_000,
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
    if (command.kind === 'pause' || command.kind === 'resume') this.reads = command.kind;
    if (command.kind === 'verify') this.handle({ kind: 'verified', workId: command.workId, matches: true });
    if (command.kind === 'process' && this.processedCount < mostFiles) {
      this.processedCount += 1;
      const message = { topic: 'out', key: null, value: Buffer.from('x'), headers: {} };
      const outcome = { kind: 'done', messages: [message] } as const;
      const { workId } = command.file;
      this.handle({ kind: 'settled', settled: { workId, outcome, attempts: 1, processingMs: 1 } });
    }
    if (command.kind === 'produce') this.handle({ kind: 'produced', workId: command.workId });
    if (command.kind === 'record') this.handle({ kind: 'recorded', workId: command.workId, isOnTopic: true });
    if (command.kind === 'commit') {
      this.committedMessages.push(command.messages.filter(({ topic }) => topic === 'out').length);
      this.handle({ kind: 'commit-ended', commitId: command.commitId, result: 'committed' });
    }
  }
}

function start(options: Partial<EngineCoreOptions>, mostFiles?: number, count = fileCount): Worker {
  const worker = new Worker(options);
  worker.handle({ kind: 'assigned', assignment: { epoch: 1, kept: [], added: [0], lost: [] } });
  const committed = { partition: 0, offset: null, metadata: null };
  worker.handle({ kind: 'committed-offset', epoch: 1, committed });
  worker.answerAll();
  const records = Array.from({ length: count }, (_, at) => recordOf(at));
  const nextOffset = BigInt(count);
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

describe('with more whole files than the method needs ahead', () => {
  const options = { stateTopic: 'states', delivery: 'at-least-once' } as const;

  it('further records wait as they are, and reading pauses', () => {
    const slow = start(options, 0, 2_000);
    expect(slow.core.status.pipelineFileCount).toBe(1_024);
    expect(slow.reads).toBe('pause');
  });

  it.each(['at-least-once', 'exactly-once'] as const)('all of them are processed, %s', delivery => {
    const whole = start({ ...options, delivery }, undefined, 2_000);
    expect(whole.processedCount).toBe(2_000);
    expect(whole.reads).toBe('resume');
    expect(whole.core.status.openFileCount).toBe(0);
  });

  it('it is not looked for something to commit at each event', () => {
    const slow = start(options, 0, 2_000);
    const looked = vi.spyOn(OwnedPartitions.prototype, 'changes');
    try {
      for (let event = 0; event < 200; event += 1) slow.handle({ kind: 'hashed' });
      // 200 times 10 ms.
      expect(looked.mock.calls.length).toBeLessThanOrEqual(4);
    } finally {
      looked.mockRestore();
    }
  });
});
