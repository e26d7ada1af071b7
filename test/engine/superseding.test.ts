import { expect, it } from 'vitest';
import { EngineCore } from '../../src/engine/engine-core.js';
import type { EngineCommand, EngineEvent } from '../../src/engine/messages.js';
import type { DonePath } from '../../src/engine/outcome-recorder.js';
import type { StoredSetAside } from '../../src/engine/set-aside/set-aside-files.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import { decodeDoneVersions } from '../../src/wire/file-state.js';
import { decodeSetAside, isSetAsideKey } from '../../src/wire/set-aside-record.js';
import { splitFile } from '../../src/wire/split-file.js';
import { decodeSuperseded, isSupersededKey } from '../../src/wire/superseded-record.js';
import { versionId } from '../../src/wire/version-id.js';

const path = 'f.txt';
const reader = { topic: 'raw', groupId: '' };
const originMs = Date.UTC(2026, 0, 1);
const incompleteAfterMs = 60_000;
/** Later than all that is written. */
const startMs = 20_000;

/** One chunk of a content of the path, on the partition of that content. */
interface Written {
  /** Each letter is a chunk. */
  readonly content: string;
  /** 1-based. */
  readonly index: number;
  readonly atMs: number;
}

function upload(content: string, atMs: readonly number[], missing?: number): Written[] {
  return atMs
    .map((ms, at): Written => ({ content, index: at + 1, atMs: ms }))
    .filter(({ index }) => index !== missing);
}

function chunksOf(content: string) {
  return [...splitFile({ filename: path, subdirectory: '', bytes: Buffer.from(content) }, 1)];
}

function idOf(content: string): string {
  const [{ fileHash, count }] = chunksOf(content) as [ReturnType<typeof chunksOf>[number]];
  return versionId(path, fileHash, count);
}

/** What the state topic has. */
class States {
  readonly values = new Map<string, Buffer>();

  get paths(): DonePath[] {
    const value = this.values.get(path);
    return value === undefined ? [] : [{ path, ...decodeDoneVersions(value, reader)! }];
  }

  get setAside(): StoredSetAside[] {
    const its = [...this.values].filter(([key]) => isSetAsideKey(key));
    return its.map(([key, value]) => ({ key, places: decodeSetAside(value, reader) }));
  }

  /** Content by content that superseded it. */
  supersededOf(contents: readonly string[]): Record<string, string | undefined> {
    const its = [...this.values].filter(([key]) => isSupersededKey(key));
    const nameOf = (id: string): string | undefined => contents.find(content => idOf(content) === id);
    const found = its.map(([, value]) => decodeSuperseded(value, reader)!);
    return Object.fromEntries(found.map(one => [nameOf(one.versionId)!, nameOf(one.supersededBy)]));
  }
}

/** A worker for which everything succeeds. Its partitions: one for each content. */
class Worker {
  readonly #core = new EngineCore({
    ...{
      topic: 'raw',
      name: 'Test',
      version: '',
      concurrency: 1,
      placement: 'scattered',
      startFrom: 'earliest',
    },
    ...{
      budgetBytes: 1_000,
      maxFileBytes: 1_000,
      stateTopic: 'states',
      incompleteAfterMs,
      timeOriginMs: originMs,
    },
  });
  readonly #states: States;
  readonly #positions: bigint[];
  #nowMs = startMs;

  constructor(states: States, positions: readonly bigint[]) {
    this.#states = states;
    this.#positions = [...positions];
    const added = positions.map((_, partition) => partition);
    this.handle({ kind: 'assigned', assignment: { epoch: 1, kept: [], added, lost: [] } });
    for (const [partition, offset] of positions.entries())
      this.handle({ kind: 'committed-offset', epoch: 1, committed: { partition, offset, metadata: null } });
  }

  handle(event: EngineEvent): void {
    this.#nowMs += 1;
    for (const command of this.#core.handle(event, this.#nowMs)) this.#obey(command);
  }

  read({ content, index, atMs }: Written, partition: number): void {
    const offset = this.#positions[partition]!;
    const value = encodeChunk(chunksOf(content)[index - 1]!);
    const records = [{ offset, timestampMs: originMs + atMs, key: null, value }];
    const nextOffset = offset + 1n;
    this.#positions[partition] = nextOffset;
    this.handle({ kind: 'records', epoch: 1, partition, records, nextOffset, highWatermark: nextOffset });
  }

  /** Waits until there is nothing to do any more. */
  rest(forMs: number): void {
    for (let at = 0; at < 4; at += 1) {
      this.#nowMs += forMs / 4;
      this.handle({ kind: 'tick' });
    }
  }

  #obey(command: EngineCommand): void {
    switch (command.kind) {
      case 'verify':
        return this.handle({ kind: 'verified', workId: command.workId, matches: true });
      case 'process': {
        const { workId } = command.file;
        const outcome = { kind: 'done', messages: [] } as const;
        return this.handle({ kind: 'settled', settled: { workId, outcome, attempts: 1, processingMs: 1 } });
      }
      case 'record': {
        const { key, value } = command.message;
        if (value === null) this.#states.values.delete(Buffer.from(key!).toString());
        else this.#states.values.set(Buffer.from(key!).toString(), Buffer.from(value));
        return this.handle({ kind: 'recorded', workId: command.workId, isOnTopic: true });
      }
      case 'note':
        return this.handle({ kind: 'noted', noteId: command.noteId });
      case 'read-outcomes': {
        const { paths, setAside } = this.#states;
        const { readId } = command;
        return this.handle({
          kind: 'outcomes-read',
          readId,
          paths,
          setAside,
          superseded: [],
          runRecords: [],
          isKept: true,
        });
      }
      case 'read-back': {
        const { workId, chunks: missing } = command;
        return this.handle({ kind: 'read-back-ended', workId, missing });
      }
      case 'check-end':
        return this.handle({ kind: 'ends', endOffsets: new Map(this.#positions.entries()) });
      case 'commit':
        return this.handle({ kind: 'commit-ended', commitId: command.commitId, result: 'committed' });
      default:
    }
  }
}

/** Reads what was written in this order of contents; `undefined`: in that in which it was written. */
function run(written: readonly Written[], order?: readonly string[], states = new States()): States {
  const contents = [...new Set(written.map(({ content }) => content))].sort();
  const worker = new Worker(
    states,
    contents.map(() => 0n),
  );
  const inOrder = written.toSorted((a, b) =>
    order === undefined ? a.atMs - b.atMs : order.indexOf(a.content) - order.indexOf(b.content),
  );
  for (const one of inOrder) worker.read(one, contents.indexOf(one.content));
  worker.rest(incompleteAfterMs / 2);
  return states;
}

/** Its upload took long: it began before the others, and ended after them. */
const slow = upload('aaaa', [1, 2_000, 3_000, 4_000]);
const interrupted = upload('cccc', [1_700, 1_701, 1_702, 1_703], 3);
const newest = upload('dddd', [1_800, 1_801, 1_802, 1_803]);
const contents = ['aaaa', 'cccc', 'dddd'];

it.each([
  ['as they were written', undefined],
  ['the slow one first', ['aaaa', 'cccc', 'dddd']],
  ['the slow one last', ['dddd', 'cccc', 'aaaa']],
  ['the one that is never whole last', ['dddd', 'aaaa', 'cccc']],
])('a content is given up for the one that is newer, whichever was done last: read %s', (_, order) => {
  const states = run([...slow, ...interrupted, ...newest], order);
  expect(states.supersededOf(contents)).toEqual({ cccc: 'dddd' });
});

it('a worker that is started anew decides as the one before', () => {
  const states = run([...newest, ...slow], ['dddd', 'aaaa']);
  expect(run(interrupted, undefined, states).supersededOf(contents)).toEqual({ cccc: 'dddd' });
});

it.each([['as they were written'], ['the other one first', ['bbbb', 'aaaa']]] as const)(
  'a content is kept while only one is done whose upload had begun before: read %s',
  (_, order?) => {
    const later = upload('bbbb', [1_700, 1_701, 1_702, 1_703], 3);
    expect(run([...slow, ...later], order).supersededOf(['aaaa', 'bbbb'])).toEqual({});
  },
);

it('copies of a content that came after it was whole do not make it a later upload', () => {
  const [first, ...rest] = upload('bbbb', [100, 101, 102, 103]);
  // A clock that is ahead, or another partition.
  const copied = [first!, { ...first!, atMs: 900 }, ...rest];
  const earlier = upload('aaaa', [50, 51, 500, 501], 1);
  const all = ['aaaa', 'bbbb'];
  expect(run([...copied, ...earlier], ['aaaa', 'bbbb']).supersededOf(all)).toEqual({});
  expect(run([...copied, ...earlier], ['bbbb', 'aaaa']).supersededOf(all)).toEqual({});
});

it('of a content that was set aside it is known when its upload began, though nobody can read that any more', () => {
  const states = new States();
  const before = new Worker(states, [0n, 0n]);
  before.read({ content: 'bbbb', index: 2, atMs: 1_000 }, 1);
  before.rest(2 * incompleteAfterMs);
  expect(states.setAside).toHaveLength(1);
  // Retention removes that chunk, and all come again.
  const later = new Worker(states, [0n, 1n]);
  for (const one of upload('aaaa', [2_000, 2_001, 2_002, 2_003], 2)) later.read(one, 0);
  for (const one of upload('bbbb', [3_000, 3_001, 3_002, 3_003])) later.read(one, 1);
  later.rest(incompleteAfterMs / 2);
  expect(states.paths).toMatchObject([{ versionIds: [idOf('bbbb')] }]);
  expect(states.supersededOf(['aaaa', 'bbbb'])).toEqual({});
});
