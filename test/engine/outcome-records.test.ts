import { describe, expect, it } from 'vitest';
import type { EngineCoreOptions } from '../../src/engine/engine-core-options.js';
import type { EngineCommand } from '../../src/engine/messages.js';
import type { FileChunk } from '../../src/wire/file-chunk.js';
import type { FileState } from '../../src/wire/file-state.js';
import { versionId } from '../../src/wire/version-id.js';
import { chunksOf, commandsOf, Driven } from './driven-core.js';

type Delivery = 'at-least-once' | 'exactly-once';

const elsewhere = '00000000000000aa';

function driven(delivery: Delivery, rest: Partial<EngineCoreOptions> = {}): Driven {
  const core = new Driven({ stateTopic: 'states', delivery, ...rest });
  core.handle({
    kind: 'committed-offset',
    epoch: 1,
    committed: { partition: 0, offset: null, metadata: null },
  });
  outcomesRead(core, 1, []);
  return core;
}

function outcomesRead(core: Driven, readId: number, versionIds: readonly string[]): EngineCommand[] {
  const paths = [{ path: 'f.txt', versionIds }];
  return core.handle({ kind: 'outcomes-read', setAside: [], superseded: [], readId, paths, isKept: true });
}

/** The file becomes whole, and the method has it. @returns its work id */
function begin(
  core: Driven,
  chunks: readonly FileChunk[],
  firstOffset: number,
  epoch = 1,
  timestampMs = 0,
): number {
  const [verify] = commandsOf(core.read(chunks, firstOffset, { epoch, timestampMs }), 'verify');
  core.handle({ kind: 'verified', workId: verify!.workId, matches: true });
  return verify!.workId;
}

function settle(core: Driven, workId: number): EngineCommand[] {
  const outcome = { kind: 'done', messages: [] } as const;
  return core.handle({ kind: 'settled', settled: { workId, outcome, attempts: 1, processingMs: 1 } });
}

/** What is to be recorded is on the state topic. */
function record(core: Driven, commands: readonly EngineCommand[]): EngineCommand[] {
  const recorded = commandsOf(commands, 'record').flatMap(({ workId }) =>
    core.handle({ kind: 'recorded', workId, isOnTopic: true }),
  );
  return core.commit?.messages.length ? [...recorded, ...core.answerCommit('committed')] : recorded;
}

/** No content that its chunks allow has its hash. */
function refute(core: Driven, chunks: readonly FileChunk[], firstOffset: number): EngineCommand[] {
  const [verify] = commandsOf(core.read(chunks, firstOffset), 'verify');
  core.handle({ kind: 'verified', workId: verify!.workId, matches: false });
  return [...core.tick(1_000), ...ends(core, BigInt(firstOffset + chunks.length))];
}

/** Another partition comes: what its former owner recorded is to be read. @param hasBegun whether that is under way */
function addPartition(core: Driven, hasBegun = true): void {
  core.handle({ kind: 'assigned', assignment: { epoch: 2, kept: [0], added: [1], lost: [] } });
  if (!hasBegun) return;
  for (const partition of [0, 1])
    core.handle({
      kind: 'committed-offset',
      epoch: 2,
      committed: { partition, offset: null, metadata: null },
    });
}

function loseAll(core: Driven): EngineCommand[] {
  return core.handle({ kind: 'assigned', assignment: { epoch: 2, kept: [], added: [1], lost: [0] } });
}

function ends(core: Driven, end: bigint): EngineCommand[] {
  return core.handle({ kind: 'ends', endOffsets: new Map([[0, end]]), startOffsets: new Map([[0, 0n]]) });
}

/** What goes to the state topic, however it goes there. */
function statesIn(commands: readonly EngineCommand[]): FileState[] {
  const messages = [
    ...commandsOf(commands, 'record').map(({ message }) => message),
    ...commandsOf(commands, 'commit').flatMap(command => command.messages),
  ];
  return messages
    .filter(({ topic, value }) => topic === 'states' && value !== null)
    .map(({ value }) => JSON.parse(Buffer.from(value!).toString()) as FileState);
}

function idOf([chunk]: readonly FileChunk[]): string {
  return versionId('f.txt', chunk!.fileHash, chunk!.count);
}

describe.each<Delivery>(['at-least-once', 'exactly-once'])('%s, a record on the state topic', delivery => {
  it('names what another member recorded of the path while the file was processed', () => {
    const core = driven(delivery);
    const workId = begin(core, chunksOf('ab', 1), 0);
    addPartition(core);
    expect(statesIn(settle(core, workId))).toEqual([]);
    const [state] = statesIn(outcomesRead(core, 2, [elsewhere]));
    expect(state).toMatchObject({ outcome: 'done', earlier: [elsewhere] });
  });

  it('names what this worker recorded itself while that was read', () => {
    const core = driven(delivery);
    const [first, second] = [chunksOf('ab', 1), chunksOf('cd', 1)];
    record(core, settle(core, begin(core, first, 0)));
    addPartition(core);
    outcomesRead(core, 2, [elsewhere]);
    const [state] = statesIn(settle(core, begin(core, second, 2, 2)));
    expect(state).toMatchObject({ versionId: idOf(second), earlier: [idOf(first), elsewhere] });
  });

  it('does not wait for a reading that has not begun when the worker stops, and for one that is under way', () => {
    for (const [hasBegun, earlier] of [
      [false, []],
      [true, [elsewhere]],
    ] as const) {
      const core = driven(delivery);
      const workId = begin(core, chunksOf('ab', 1), 0);
      addPartition(core, hasBegun);
      const commands = [...settle(core, workId), ...core.handle({ kind: 'stop' })];
      expect(statesIn(commands)).toHaveLength(hasBegun ? 0 : 1);
      commands.push(...outcomesRead(core, 2, [elsewhere]));
      expect(statesIn(commands)).toMatchObject([{ outcome: 'done', earlier }]);
    }
  });

  it('is not written when the partition is lost before what others recorded is read', () => {
    const core = driven(delivery);
    const workId = begin(core, chunksOf('ab', 1), 0);
    addPartition(core);
    const commands = settle(core, workId);
    core.handle({ kind: 'assigned', assignment: { epoch: 3, kept: [1], added: [], lost: [0] } });
    commands.push(
      ...outcomesRead(core, 2, []),
      ...outcomesRead(core, 3, []),
      ...core.handle({ kind: 'stop' }),
    );
    expect(statesIn(commands)).toEqual([]);
  });

  it('says when the upload of a file began, also of chunks that are read after a copy of them', () => {
    const core = driven(delivery);
    core.nowMs = 10_000;
    const [file, other] = [chunksOf('ab', 1), chunksOf('cd', 1)];
    const workId = begin(core, file, 0, 1, 6_000);
    core.read([file[0]!], 2, { timestampMs: 3_000 });
    const commands = settle(core, workId);
    // The one that is under way is about offsets alone.
    if (delivery === 'exactly-once') commands.push(...core.answerCommit('committed'));
    expect(statesIn(commands)[0]!.newest).toMatchObject([{ firstAt: '1970-01-01T00:00:03.000Z' }]);
    record(core, commands);
    core.read([file[0]!], 3, { timestampMs: 2_000 });
    const outcome = { kind: 'failed', reason: 'threw', error: { name: 'Error', message: 'bad' } } as const;
    const settled = { workId: begin(core, other, 4), outcome, attempts: 1, processingMs: 1 };
    const [state] = statesIn(core.handle({ kind: 'settled', settled }));
    expect(state).toMatchObject({ outcome: 'failed', newest: [{ firstAt: '1970-01-01T00:00:02.000Z' }] });
  });

  it('of a version that is corrupt names the one that is done and not recorded yet', () => {
    const core = driven(delivery);
    // A transaction is under way: what is decided meanwhile shares the next one.
    if (delivery === 'exactly-once') settle(core, begin(core, chunksOf('x', 1, 'x.txt'), 0));
    const done = chunksOf('ab', 1);
    const corrupt = chunksOf('cd', 1).map(chunk => ({ ...chunk, fileHash: Buffer.alloc(64, 1) }));
    const commands = settle(core, begin(core, done, 1));
    commands.push(...refute(core, corrupt, 3));
    commands.push(...record(core, commands));
    expect(statesIn(commands)).toMatchObject([
      { versionId: idOf(done), outcome: 'done', earlier: [] },
      { versionId: idOf(corrupt), outcome: 'corrupt', earlier: [idOf(done)] },
    ]);
  });
});

it('at-least-once: records of a path are sent one after the other', () => {
  const core = driven('at-least-once');
  const done = chunksOf('ab', 1);
  const corrupt = chunksOf('cd', 1).map(chunk => ({ ...chunk, fileHash: Buffer.alloc(64, 1) }));
  const workId = begin(core, done, 0);
  const first = refute(core, corrupt, 2);
  expect(statesIn(first)).toMatchObject([{ outcome: 'corrupt', earlier: [] }]);
  expect(statesIn(settle(core, workId))).toEqual([]);
  expect(statesIn(record(core, first))).toMatchObject([{ versionId: idOf(done), outcome: 'done' }]);
});

describe('exactly-once, a file that was set aside and became whole', () => {
  const [first, second] = chunksOf('ab', 1);
  const key = '/set-aside/0/0';
  const places = {
    versionId: idOf([first!]),
    path: 'f.txt',
    sha512: Buffer.from(first!.fileHash).toString('hex'),
    chunkCount: 2,
    lastChunkAt: '1970-01-01T00:00:00.000Z',
    chunks: [{ index: 1, partition: 0, offset: 0n }],
  };

  /** @returns its work id */
  function resume(core: Driven): number {
    const setAside = [{ key, places }];
    core.handle({ kind: 'outcomes-read', setAside, superseded: [], readId: 0, paths: [], isKept: true });
    const [readBack] = commandsOf(core.read([second!], 1), 'read-back');
    const [verify] = commandsOf(core.readBack(readBack!, [first!]), 'verify');
    core.handle({ kind: 'verified', workId: verify!.workId, matches: true });
    // That of the offsets alone.
    if (core.commit !== undefined) core.answerCommit('committed');
    return verify!.workId;
  }

  it('is not set aside any more with the transaction that says what became of it', () => {
    const core = driven('exactly-once');
    const [commit] = commandsOf(settle(core, resume(core)), 'commit');
    expect(commit!.messages.at(-1)).toMatchObject({ topic: 'states', key: Buffer.from(key), value: null });
  });

  it('changes what is committed when it is lost, so that it can be read off whether that was', () => {
    const core = driven('exactly-once', { incompleteAfterMs: 10_000 });
    core.read([{ ...first!, filename: 'other' }], 0);
    core.tick(1_000);
    const seen = [core.commit!.offsets[0]!];
    core.answerCommit('committed');
    for (const versionNumber of [1, 2, 3]) {
      // Its offset was committed when it was set aside.
      const stored = { key: `${key}${versionNumber}`, places: { ...places, versionId: `${versionNumber}` } };
      const setAside = [stored];
      core.handle({ kind: 'outcomes-read', setAside, superseded: [], readId: 0, paths: [], isKept: true });
      core.tick(1_500);
      const [endOffsets, startOffsets] = [new Map([[0, 1n]]), new Map([[0, 1n]])];
      const [commit] = commandsOf(core.handle({ kind: 'ends', endOffsets, startOffsets }), 'commit');
      expect(statesIn([commit!])).toMatchObject([{ versionId: `${versionNumber}`, outcome: 'lost' }]);
      expect(commit!.offsets).toEqual([{ ...seen[0], metadata: expect.any(String) as string }]);
      expect(commit!.offsets[0]!.metadata).not.toBe(seen.at(-1)!.metadata);
      seen.push(commit!.offsets[0]!);
      core.answerCommit('committed');
    }
    // That is no change that would have to be committed.
    expect(commandsOf(core.tick(1_000), 'commit')).toEqual([]);
  });

  it('nor after it when Kafka refuses what says so', () => {
    const core = driven('exactly-once');
    const error = { name: 'Error', message: 'bad' };
    const outcome = { kind: 'failed', reason: 'threw', error } as const;
    core.handle({
      kind: 'settled',
      settled: { workId: resume(core), outcome, attempts: 1, processingMs: 1 },
    });
    const { commitId } = core.commit!;
    core.handle({ kind: 'commit-ended', commitId, result: 'refused', error: new Error('too large') });
    core.tick(1_000);
    expect(core.commit!.messages).toEqual([]);
    expect(commandsOf(core.answerCommit('committed'), 'record')).toMatchObject([
      { message: { key: Buffer.from(key), value: null } },
    ]);
  });
});

it('at-least-once: a file of which chunks were read before it was known to be done elsewhere is not set aside', () => {
  const core = driven('at-least-once', { incompleteAfterMs: 1_000 });
  const file = chunksOf('ab', 1);
  core.read([file[0]!], 0);
  outcomesRead(core, 0, [idOf(file)]);
  core.read([file[1]!], 1);
  core.tick(600);
  core.nowMs += 1_000;
  expect(commandsOf([...core.tick(600), ...ends(core, 2n)], 'record')).toEqual([]);
  expect(core.core.status.openFileCount).toBe(0);
});

describe('at-least-once, when partitions are lost', () => {
  it('what is to be recorded of their files, and is not under way, is not sent', () => {
    const core = driven('at-least-once', { deadLetterTopic: 'letters' });
    const workId = begin(core, chunksOf('ab', 1), 0);
    expect(commandsOf(settle(core, workId), 'record')).toMatchObject([{ workId }]);
    expect(commandsOf(loseAll(core), 'drop-records')).toMatchObject([
      { recordIds: [workId], letterIds: [workId] },
    ]);
  });

  it('the record of a file that is being set aside, and the letter of a message that is no chunk, are among it', () => {
    const core = driven('at-least-once', { deadLetterTopic: 'letters', incompleteAfterMs: 1_000 });
    core.read(chunksOf('ab', 1).slice(1), 0);
    core.tick(600);
    core.nowMs += 1_000;
    const [record] = commandsOf([...core.tick(600), ...ends(core, 1n)], 'record');
    const value = Buffer.from('no chunk');
    const records = [{ offset: 1n, timestampMs: 0, key: null, value }];
    const [letter] = commandsOf(
      core.handle({ kind: 'records', epoch: 1, partition: 0, records, nextOffset: 2n, highWatermark: 2n }),
      'dead-letter',
    );
    const [dropped] = commandsOf(loseAll(core), 'drop-records');
    expect(dropped!.recordIds).toContain(record!.workId);
    expect(dropped!.letterIds).toContain(letter!.workId);
  });
});
