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
function begin(core: Driven, chunks: readonly FileChunk[], firstOffset: number): number {
  const [verify] = commandsOf(core.read(chunks, firstOffset), 'verify');
  core.handle({ kind: 'verified', workId: verify!.workId, matches: true });
  return verify!.workId;
}

function settle(core: Driven, workId: number): EngineCommand[] {
  const outcome = { kind: 'done', messages: [] } as const;
  return core.handle({ kind: 'settled', settled: { workId, outcome, attempts: 1, processingMs: 1 } });
}

/** Another partition comes: what its former owner recorded is to be read. */
function addPartition(core: Driven): void {
  core.handle({ kind: 'assigned', assignment: { epoch: 2, kept: [0], added: [1], lost: [] } });
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

  it('does not wait for what is recorded elsewhere when the worker stops', () => {
    const core = driven(delivery);
    const workId = begin(core, chunksOf('ab', 1), 0);
    addPartition(core);
    expect(statesIn([...settle(core, workId), ...core.handle({ kind: 'stop' })])).toMatchObject([
      { outcome: 'done', earlier: [] },
    ]);
  });

  it('of a version that is corrupt names the one that is done and not recorded yet', () => {
    const core = driven(delivery);
    // A transaction is under way: what is decided meanwhile shares the next one.
    if (delivery === 'exactly-once') settle(core, begin(core, chunksOf('x', 1, 'x.txt'), 0));
    const done = chunksOf('ab', 1);
    const corrupt = chunksOf('cd', 1).map(chunk => ({ ...chunk, fileHash: Buffer.alloc(64, 1) }));
    const commands = settle(core, begin(core, done, 1));
    const [verify] = commandsOf(core.read(corrupt, 3), 'verify');
    core.handle({ kind: 'verified', workId: verify!.workId, matches: false });
    commands.push(...core.tick(1_000), ...ends(core, 5n));
    if (delivery === 'exactly-once') commands.push(...core.answerCommit('committed'));
    expect(statesIn(commands)).toMatchObject([
      { versionId: idOf(done), outcome: 'done', earlier: [] },
      { versionId: idOf(corrupt), outcome: 'corrupt', earlier: [idOf(done)] },
    ]);
  });
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
