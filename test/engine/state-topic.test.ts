import { beforeEach, expect, it } from 'vitest';
import { EngineCore } from '../../src/engine/engine-core.js';
import type { EngineCoreOptions } from '../../src/engine/engine-core-options.js';
import type { EngineCommand, EngineEvent } from '../../src/engine/messages.js';
import type { CommittedOffset } from '../../src/kafka/driver.js';
import type { FileOutcome } from '../../src/processing/file-work.js';
import { decodeCommitMetadata, encodeCommitMetadata } from '../../src/offsets/commit-metadata.js';
import { decodeDoneVersions, encodeFileState, type FileState } from '../../src/wire/file-state.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import { splitFile } from '../../src/wire/split-file.js';
import { versionId } from '../../src/wire/version-id.js';
import { coreOptions } from './driven-core.js';

type Command<K extends EngineCommand['kind']> = EngineCommand & { kind: K };

const result = { topic: 'out', key: null, value: Buffer.from('result'), headers: {} };
const done: FileOutcome = { kind: 'done', messages: [result] };
const failed: FileOutcome = { kind: 'failed', reason: 'threw', error: { name: 'Error', message: 'bad' } };

/** A core that was just given partition 0 of `raw`. */
class Driven {
  readonly core: EngineCore;
  readonly commands: EngineCommand[] = [];
  #nowMs = 1_000;
  #nextOffset = 0;

  constructor(
    options: Partial<EngineCoreOptions> = {},
    committed: CommittedOffset = { partition: 0, offset: null, metadata: null },
  ) {
    this.core = new EngineCore({
      ...coreOptions,
      stateTopic: 'states',
      timeOriginMs: Date.UTC(2026, 0, 1),
      ...options,
    });
    this.handle({ kind: 'assigned', assignment: { epoch: 1, kept: [], added: [0], lost: [] } });
    this.handle({ kind: 'committed-offset', epoch: 1, committed });
  }

  handle(event: EngineEvent): void {
    this.#nowMs += 600;
    this.commands.push(...this.core.handle(event, this.#nowMs));
  }

  /** Commands of a kind since this was called last. */
  take<K extends EngineCommand['kind']>(kind: K): Command<K>[] {
    const taken = this.commands.filter((command): command is Command<K> => command.kind === kind);
    for (const command of taken) this.commands.splice(this.commands.indexOf(command), 1);
    return taken;
  }

  outcomesRead(versionIds: readonly string[] = [], rest: { isKept?: boolean; readId?: number } = {}): void {
    const paths = [{ path: 'f.txt', versionIds }];
    this.handle({
      kind: 'outcomes-read',
      setAside: [],
      superseded: [],
      readId: 1,
      paths,
      isKept: true,
      ...rest,
    });
  }

  /** @returns the records' bytes, which belong to the client once they were handled */
  read(values: readonly Buffer[]): void {
    const copies = values.map(value => Buffer.from(value));
    const records = copies.map((value, at) => ({
      offset: BigInt(this.#nextOffset + at),
      timestampMs: 0,
      key: null,
      value,
    }));
    this.#nextOffset += values.length;
    const nextOffset = BigInt(this.#nextOffset);
    this.handle({ kind: 'records', epoch: 1, partition: 0, records, nextOffset, highWatermark: nextOffset });
    for (const copy of copies) copy.fill(0);
  }

  /** Verifies the file that just became whole and gives it an outcome. */
  settle(outcome: FileOutcome): number {
    const { workId } = this.take('verify')[0]!;
    this.handle({ kind: 'verified', workId, matches: true });
    this.handle({ kind: 'settled', settled: { workId, outcome, attempts: 1, processingMs: 5 } });
    return workId;
  }

  answerCommit(result: 'committed' | 'refused', error = new Error('refused')): void {
    const { commitId } = this.take('commit').at(-1)!;
    this.handle(
      result === 'refused'
        ? { kind: 'commit-ended', commitId, result, error }
        : { kind: 'commit-ended', commitId, result },
    );
  }

  get openFileCount(): number {
    return this.core.status.openFileCount;
  }
}

function chunksOf(text: string): Buffer[] {
  const file = { filename: 'f.txt', subdirectory: '', bytes: Buffer.from(text) };
  return [...splitFile(file, 1)].map(chunk => encodeChunk(chunk));
}

function idOf(text: string): string {
  const [chunk] = splitFile({ filename: 'f.txt', subdirectory: '', bytes: Buffer.from(text) }, 1);
  return versionId('f.txt', chunk!.fileHash, chunk!.count);
}

function stateIn(value: Uint8Array | null): FileState {
  return JSON.parse(Buffer.from(value!).toString()) as FileState;
}

let driven: Driven;
beforeEach(() => {
  driven = new Driven();
});

it('reads no chunk before the outcomes are known, and then those that came all the same', () => {
  expect(driven.take('read-outcomes')).toEqual([{ kind: 'read-outcomes', readId: 1 }]);
  expect(driven.take('pause')).toEqual([{ kind: 'pause', partitions: [0] }]);
  driven.read(chunksOf('ab'));
  expect(driven.openFileCount).toBe(0);
  driven.outcomesRead();
  expect(driven.openFileCount).toBe(1);
  expect(driven.take('resume')).toEqual([{ kind: 'resume', partitions: [0] }]);
  driven.settle(done);
  expect(Buffer.from(driven.take('process')[0]!.file.bytes!, 0, 2).toString()).toBe('ab');
});

it('waits for the reading that was asked for last', () => {
  driven.handle({ kind: 'assigned', assignment: { epoch: 2, kept: [0], added: [1], lost: [] } });
  driven.take('resume');
  driven.outcomesRead([], { readId: 1 });
  expect(driven.take('resume')).toEqual([]);
  driven.outcomesRead([], { readId: 2 });
  expect(driven.take('resume')).toEqual([{ kind: 'resume', partitions: [0, 1] }]);
});

it('asks for no outcomes when it is given no new partition', () => {
  driven.outcomesRead();
  driven.take('read-outcomes');
  driven.handle({ kind: 'assigned', assignment: { epoch: 2, kept: [0], added: [], lost: [] } });
  expect(driven.take('read-outcomes')).toEqual([]);
});

it('a file that another process has done is passed over and told of, a late chunk of it silently', () => {
  driven.outcomesRead([idOf('ab')]);
  driven.read(chunksOf('ab'));
  driven.read(chunksOf('ab').slice(1));
  expect(driven.openFileCount).toBe(0);
  expect(driven.take('report').map(({ report }) => report)).toEqual([
    { kind: 'duplicate-version', path: 'f.txt', outcome: 'done' },
  ]);
  expect(driven.take('commit').at(-1)!.offsets[0]!.offset).toBe(2n);
});

it('a file that a commit still lists as unfinished, and the state topic as done, is not listed again', () => {
  const position = { topic: 'raw', partition: 0, offset: 0n };
  const { metadata } = encodeCommitMetadata(position, { readUpTo: 10n, openVersions: [idOf('ab')] });
  const committed = { partition: 0, offset: 0n, metadata };
  driven = new Driven({}, committed);
  driven.outcomesRead([idOf('ab')]);
  driven.read(chunksOf('ab'));
  const [changed] = driven.take('commit').at(-1)!.offsets;
  expect(changed!.offset).toBe(2n);
  expect(decodeCommitMetadata({ ...position, offset: 2n }, changed!.metadata)!.openVersions).toEqual([]);
});

it('runs such a file again when identical files are to be reprocessed', () => {
  driven = new Driven({ reprocessIdentical: true });
  driven.outcomesRead([idOf('ab')]);
  driven.read(chunksOf('ab'));
  expect(driven.openFileCount).toBe(1);
});

it('at least once: records the outcome when the results are acknowledged, and commits when it is recorded', () => {
  driven.outcomesRead();
  driven.read(chunksOf('ab'));
  driven.take('commit');
  const workId = driven.settle(done);
  expect(driven.take('record')).toEqual([]);
  driven.handle({ kind: 'produced', workId });
  const [record] = driven.take('record');
  expect(record).toMatchObject({ workId, message: { topic: 'states', key: Buffer.from('f.txt') } });
  expect(stateIn(record!.message.value)).toMatchObject({
    outcome: 'done',
    versionId: idOf('ab'),
    chunkCount: 2,
    size: 2,
    messageCount: 1,
    resultIds: [expect.stringMatching(/^[0-9a-v]{26}$/)],
    endedAt: expect.stringMatching(/^2026-01-01T00:00:/) as string,
    source: { topic: 'raw', partitions: [{ partition: 0, firstOffset: '0', lastOffset: '1' }] },
    earlier: [],
  });
  expect(driven.openFileCount).toBe(1);
  driven.handle({ kind: 'recorded', workId, isOnTopic: true });
  expect(driven.openFileCount).toBe(0);
});

it('at least once: files go on without when nothing can be recorded any more', () => {
  driven.outcomesRead();
  driven.read(chunksOf('ab'));
  driven.handle({ kind: 'produced', workId: driven.settle(done) });
  driven.handle({ kind: 'recording-ended' });
  expect(driven.openFileCount).toBe(0);
  driven.read(chunksOf('cd'));
  driven.handle({ kind: 'produced', workId: driven.settle(done) });
  expect(driven.take('record')).toHaveLength(1);
  expect(driven.openFileCount).toBe(0);
});

it('records nothing when there is no state topic after all', () => {
  driven.outcomesRead([], { isKept: false });
  driven.read(chunksOf('ab'));
  driven.handle({ kind: 'produced', workId: driven.settle(done) });
  expect(driven.take('record')).toEqual([]);
  expect(driven.openFileCount).toBe(0);
});

it('exactly once: the outcome is in the transaction with the results', () => {
  driven = new Driven({ delivery: 'exactly-once' });
  driven.outcomesRead();
  driven.read(chunksOf('ab'));
  driven.settle(done);
  const [commit] = driven.commands.filter(
    (command): command is Command<'commit'> => command.kind === 'commit',
  );
  expect(commit!.messages.map(({ topic }) => topic)).toEqual(['out', 'states']);
  driven.answerCommit('committed');
  expect(driven.openFileCount).toBe(0);
  expect(driven.take('record')).toEqual([]);
});

it('exactly once: a failed file whose record Kafka refuses is settled without it', () => {
  driven = new Driven({ delivery: 'exactly-once' });
  driven.outcomesRead();
  driven.read(chunksOf('ab'));
  driven.settle(failed);
  driven.answerCommit('refused');
  driven.handle({ kind: 'tick' });
  const [commit] = driven.commands.filter(
    (command): command is Command<'commit'> => command.kind === 'commit',
  );
  expect(commit!.messages).toEqual([]);
  driven.answerCommit('committed');
  const reports = driven.take('report').map(({ report }) => report);
  expect(reports).toContainEqual(expect.objectContaining({ kind: 'file-failed', reason: 'threw' }));
});

it('names the versions of a path that were done before, and not one that failed', () => {
  driven.outcomesRead([idOf('ab')]);
  for (const [content, outcome] of [
    ['cd', done],
    ['ef', failed],
    ['gh', done],
  ] as const) {
    driven.read(chunksOf(content));
    const workId = driven.settle(outcome);
    driven.handle({ kind: 'produced', workId });
    driven.handle({ kind: 'recorded', workId, isOnTopic: true });
  }
  const states = driven.take('record').map(({ message }) => stateIn(message.value));
  expect(states.map(({ outcome, earlier }) => ({ outcome, earlier }))).toEqual([
    { outcome: 'done', earlier: [idOf('ab')] },
    { outcome: 'failed', earlier: [idOf('ab'), idOf('cd')] },
    { outcome: 'done', earlier: [idOf('ab'), idOf('cd')] },
  ]);
  expect(states[1]).toMatchObject({ reason: 'threw', error: 'bad', resultIds: [] });
});

const reader = { topic: 'raw', groupId: 'own' };
const state: FileState = {
  versionId: '0123456789abcdef',
  outcome: 'done',
  sha512: 'ff',
  chunkCount: 1,
  size: 1,
  resultIds: ['r'],
  messageCount: 1,
  attempts: 1,
  processingMs: 1,
  firstChunkAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:01.000Z',
  name: 'Test',
  version: '',
  groupId: 'own',
  source: { topic: 'raw', partitions: [] },
  earlier: ['00000000000000aa'],
};

it.each<[string, Partial<FileState>, string[] | undefined]>([
  ['a done version and those before it', {}, ['00000000000000aa', '0123456789abcdef']],
  ['only those before a failed one', { outcome: 'failed' }, ['00000000000000aa']],
  ['nothing of another topic', { source: { topic: 'other', partitions: [] } }, undefined],
  ['nothing of another group', { groupId: 'other' }, undefined],
  ['no id that is none', { earlier: ['x'] }, ['0123456789abcdef']],
])('a state tells %s', (_what, change, expected) => {
  expect(decodeDoneVersions(encodeFileState({ ...state, ...change }), reader)?.versionIds).toEqual(expected);
});

it.each(['', 'text', 'null', '[]', '{}', '{"format":2,"source":{"topic":"raw"}}'])(
  'what somebody else wrote tells nothing: %s',
  text => {
    expect(decodeDoneVersions(Buffer.from(text), reader)).toBeUndefined();
  },
);

it('a state that names no group is that of the reader', () => {
  const before = { ...state, groupId: undefined } as unknown as FileState;
  const value = encodeFileState(before);
  expect(value.toString()).not.toContain('groupId');
  expect(decodeDoneVersions(value, reader)?.versionIds).toContain(state.versionId);
});

it('a state stays small: texts of errors and earlier versions are cut', () => {
  const earlier = Array.from({ length: 50 }, (_, number) => number.toString(16).padStart(16, '0'));
  const value = encodeFileState({ ...state, outcome: 'failed', error: 'x'.repeat(10_000), earlier });
  expect(value.length).toBeLessThan(1_500);
  expect(decodeDoneVersions(value, reader)?.versionIds).toEqual(earlier.slice(-20));
});

it('commits no result of a transaction before the outcomes of the generation are read, unless it stops before that begins', () => {
  for (const next of ['read', 'stop'] as const) {
    const driven = new Driven({ delivery: 'exactly-once' });
    driven.outcomesRead();
    driven.read(chunksOf('abc'));
    driven.settle(done);
    const [first] = driven.take('commit');
    driven.handle({ kind: 'assigned', assignment: { epoch: 2, kept: [0], added: [1], lost: [] } });
    driven.handle({ kind: 'commit-ended', commitId: first!.commitId, result: 'failed' });
    driven.handle({ kind: 'tick' });
    expect(driven.take('commit')).toEqual([]);
    if (next === 'read') {
      const committed = { partition: 1, offset: null, metadata: null };
      driven.handle({ kind: 'committed-offset', epoch: 2, committed });
      driven.handle({ kind: 'tick' });
      expect(driven.take('commit')).toEqual([]);
      driven.outcomesRead([], { readId: 2 });
    } else {
      driven.handle({ kind: 'stop' });
    }
    driven.handle({ kind: 'tick' });
    const [again] = driven.take('commit');
    expect(again?.messages).toHaveLength(2);
  }
});
