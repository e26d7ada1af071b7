import { describe, expect, it } from 'vitest';
import { chunksOf, commandsOf, contentOf, Driven } from './driven-core.js';
import type { EngineCommand } from '../../src/engine/messages.js';
import type { EngineReport } from '../../src/engine/reports.js';
import { decodeCommitMetadata } from '../../src/offsets/commit-metadata.js';
import type { FileChunk } from '../../src/wire/file-chunk.js';
import { splitFile } from '../../src/wire/split-file.js';

describe('a stop while the member is out of its group', () => {
  it('does not ask for a commit again in the same turn, and ends when it is abandoned', () => {
    const driven = new Driven();
    driven.read(chunksOf('ab', 1).slice(0, 1), 0);
    driven.handle({ kind: 'stop' });
    const afterStale = driven.answerCommit('stale');
    expect(afterStale).toEqual([]);
    expect(commandsOf(driven.tick(100), 'commit')).toEqual([]);
    expect(commandsOf(driven.handle({ kind: 'abandon' }), 'drained')).toHaveLength(1);
  });

  it('commits as soon as that is possible again', () => {
    const driven = new Driven();
    driven.read(chunksOf('ab', 1).slice(0, 1), 0);
    driven.handle({ kind: 'stop' });
    driven.answerCommit('stale');
    expect(commandsOf(driven.tick(600), 'commit')).toHaveLength(1);
    const ended = driven.answerCommit('committed');
    expect(commandsOf(ended, 'drained')).toHaveLength(1);
  });
});

describe('a commit that fails', () => {
  it('is tried again soon, then half as often each time, and at least every 2 s', () => {
    const driven = new Driven();
    driven.read(chunksOf('ab', 1).slice(0, 1), 0);
    driven.handle({ kind: 'stop' });
    for (const waitMs of [125, 250, 500, 1_000, 2_000, 2_000]) {
      driven.answerCommit('failed');
      expect(commandsOf(driven.tick(waitMs - 1), 'commit')).toEqual([]);
      expect(commandsOf(driven.tick(1), 'commit')).toHaveLength(1);
    }
  });

  it('has no memory of failures before one that worked', () => {
    const driven = new Driven();
    driven.read(chunksOf('ab', 1).slice(0, 1), 0);
    for (let count = 0; count < 3; count += 1) {
      driven.answerCommit('failed');
      driven.tick(2_000);
    }
    driven.answerCommit('committed');
    driven.read(chunksOf('cd', 1).slice(0, 1), 1);
    driven.tick(500);
    driven.answerCommit('failed');
    expect(commandsOf(driven.tick(500), 'commit')).toHaveLength(1);
  });
});

describe('partitions that are read again from their committed offset', () => {
  /** The file is done, and the last commit that is known to have come about does not say so. */
  function doneButUncommitted(): { driven: Driven; chunks: FileChunk[]; metadata: string } {
    const driven = new Driven();
    const chunks = chunksOf('ab', 1);
    driven.read([chunks[0]!], 0);
    const { metadata } = driven.commit!.offsets[0]!;
    driven.answerCommit('committed');
    driven.finish(driven.read([chunks[1]!], 1));
    driven.handle({ kind: 'assigned', assignment: { epoch: 1, kept: [], added: [0], lost: [] } });
    return { driven, chunks, metadata };
  }

  it('are held back by a file that had ended since then, until it is whole and done again', () => {
    const { driven, chunks, metadata } = doneButUncommitted();
    const committed = { partition: 0, offset: 0n, metadata };
    driven.handle({ kind: 'committed-offset', epoch: 1, committed });
    driven.read([chunks[0]!], 0);
    driven.tick(2_000);
    expect(driven.commit!.offsets[0]!.offset).toBe(0n);
    expect(driven.finish(driven.read([chunks[1]!], 1))).toBe('ab');
    driven.tick(2_000);
    driven.answerCommit('committed');
    expect(driven.commit!.offsets[0]!.offset).toBe(2n);
  });

  it('are not held back by copies of a file whose end was committed', () => {
    const { driven, chunks } = doneButUncommitted();
    driven.finish(driven.read(chunks, 0));
    driven.tick(2_000);
    driven.answerCommit('committed');
    driven.handle({ kind: 'assigned', assignment: { epoch: 1, kept: [], added: [0], lost: [] } });
    driven.read([chunks[0]!], 2);
    driven.tick(2_000);
    expect(driven.commit!.offsets[0]!.offset).toBe(3n);
  });
});

describe('a log that begins anew under an open file', () => {
  it('goes on holding the partition back, though the chunk that comes again is a copy of one that is held', () => {
    const driven = new Driven();
    const [first] = chunksOf('ab', 1);
    driven.read([first!], 5);
    driven.answerCommit('committed');
    driven.read([first!], 0);
    driven.tick(2_000);
    const { offset, metadata } = driven.commit!.offsets[0]!;
    expect(offset).toBe(0n);
    const state = decodeCommitMetadata({ topic: 'raw', partition: 0, offset }, metadata);
    expect(state?.openVersions).toHaveLength(1);
  });
});

describe('more incomplete files than a commit can name', () => {
  const manyCount = 400;
  /** The first of two chunks of many files, on partition 0. */
  const firstChunks = Array.from({ length: manyCount }, (_, at) => {
    const bytes = Buffer.from(`${at}!`);
    return [...splitFile({ filename: `f${at}.txt`, subdirectory: '', bytes }, bytes.length - 1)];
  });

  it('stop all commits, also of other partitions, until fewer are incomplete', () => {
    const driven = new Driven();
    driven.handle({ kind: 'assigned', assignment: { epoch: 2, kept: [0], added: [1], lost: [] } });
    const read = (partition: number, chunks: readonly FileChunk[], firstOffset: number) =>
      driven.read(chunks, firstOffset, { epoch: 2, partition });
    const overflow = read(
      0,
      firstChunks.map(([first]) => first!),
      0,
    );
    driven.finish(read(1, chunksOf('ab', 2), 0));
    const told = [...overflow, ...driven.tick(10_000)];
    expect(driven.commit).toBeUndefined();
    expect(commandsOf(told, 'report').map(({ report }) => report)).toEqual([
      { kind: 'metadata-overflow', partition: 0, openVersionCount: manyCount },
    ]);

    for (const [at, [, last]] of firstChunks.slice(0, 100).entries()) driven.finish(read(1, [last!], 1 + at));
    driven.tick(10_000);
    const { offsets } = driven.commit as unknown as EngineCommand & { kind: 'commit' };
    expect(offsets).toMatchObject([
      { partition: 0, offset: 100n },
      { partition: 1, offset: 101n },
    ]);
    const state = decodeCommitMetadata({ topic: 'raw', partition: 0, offset: 100n }, offsets[0]!.metadata);
    expect(state?.openVersions).toHaveLength(manyCount - 100);
  });

  it('hold results back when they are delivered exactly once, until fewer are incomplete', () => {
    const driven = new Driven({ delivery: 'exactly-once' });
    driven.read(
      firstChunks.map(([first]) => first!),
      0,
    );
    driven.finish(driven.read(chunksOf('ab', 2), manyCount));
    driven.tick(10_000);
    expect(driven.commit).toBeUndefined();
    for (const [at, [, last]] of firstChunks.slice(0, 100).entries())
      driven.finish(driven.read([last!], manyCount + 1 + at));
    driven.tick(10_000);
    const reports = commandsOf(driven.answerCommit('committed'), 'report');
    expect(reports.filter(({ report }) => report.kind === 'file-done').length).toBe(101);
  });

  it('do not hold up a stop', () => {
    const driven = new Driven();
    driven.read(
      firstChunks.map(([first]) => first!),
      0,
    );
    expect(commandsOf(driven.handle({ kind: 'stop' }), 'drained')).toHaveLength(1);
  });
});

describe('a chunk that claims an absurd size', () => {
  const reportsOf = (commands: readonly EngineCommand[]) =>
    commandsOf(commands, 'report').map(({ report }) => report);
  const [first, last] = chunksOf('abc', 2) as [FileChunk, FileChunk];

  const ends = (end: bigint) =>
    ({ kind: 'ends', endOffsets: new Map([[0, end]]), startOffsets: new Map([[0, 0n]]) }) as const;

  it('fails its file once all was read that is on the topic, holds nothing back, and files beside it are done', () => {
    const driven = new Driven();
    const liar = { ...first, count: Number.MAX_SAFE_INTEGER };
    expect(reportsOf(driven.read([liar], 0))).toEqual([]);
    expect(commandsOf(driven.tick(100), 'check-end')).toHaveLength(1);
    expect(reportsOf(driven.handle(ends(3n)))).toEqual([]);
    expect(driven.finish(driven.read([first, last], 1))).toBe('abc');
    expect(reportsOf(driven.tick(200))).toMatchObject([
      { kind: 'file-failed', reason: 'too-large', file: { path: 'f.txt' } },
    ]);
    expect(driven.core.status).toMatchObject({ openFileCount: 0, heldBytes: 0 });
    driven.answerCommit('committed');
    driven.tick(1_000);
    expect(driven.commit?.offsets).toMatchObject([{ offset: 3n }]);
  });

  it('is bad input where the file turns out to fit', () => {
    const driven = new Driven();
    const liar = { ...last, startByte: 2_000_000 };
    driven.read([liar], 0);
    expect(driven.finish(driven.read([first, last], 1))).toBe('abc');
    expect(driven.reports).toContainEqual(expect.objectContaining({ kind: 'bad-input', offset: 0n }));
  });

  it.each([
    ['start', { ...last, startByte: 999_999 }],
    ['number of bytes', { ...first, data: Buffer.alloc(1_000_001) }],
  ])('by its %s is bad input where good chunks say that the file fits', (_what, liar) => {
    const driven = new Driven();
    driven.read([liar.index === 1 ? last : first], 0);
    expect(reportsOf(driven.read([liar], 1))).toMatchObject([
      { kind: 'bad-input', partition: 0, offset: 1n },
    ]);
    expect(driven.core.status.openFileCount).toBe(1);
    expect(driven.finish(driven.read([liar.index === 1 ? first : last], 2))).toBe('abc');
  });
});

describe('a log that lost records before they were read', () => {
  const reset = { kind: 'position-reset', epoch: 1, partition: 0 } as const;
  const reportsOf = (commands: readonly EngineCommand[]) =>
    commandsOf(commands, 'report').map(({ report }) => report);

  it('is reported with its offsets, and what is left is read and committed', () => {
    const driven = new Driven();
    const committed = { partition: 0, offset: 2n, metadata: null };
    driven.handle({ kind: 'committed-offset', epoch: 1, committed });
    const lost = driven.handle({ ...reset, expected: 2n, found: 7n });
    expect(reportsOf(lost)).toEqual([{ kind: 'position-reset', partition: 0, expected: 2n, found: 7n }]);
    expect(driven.finish(driven.read(chunksOf('ab', 2), 7))).toBe('ab');
    driven.answerCommit('committed');
    driven.tick(1_000);
    expect(driven.commit?.offsets).toMatchObject([{ partition: 0, offset: 8n }]);
  });

  it('leaves a file open that misses a chunk, and holds its partition at the chunk that is there', () => {
    const driven = new Driven();
    driven.read(chunksOf('abc', 1).slice(0, 1), 0);
    driven.handle({ ...reset, expected: 1n, found: 5n });
    driven.answerCommit('committed');
    driven.tick(1_000);
    const [offset] = driven.commit!.offsets;
    expect(offset).toMatchObject({ offset: 0n });
    const state = decodeCommitMetadata({ topic: 'raw', partition: 0, offset: 0n }, offset!.metadata);
    expect(state).toMatchObject({ readUpTo: 5n });
    expect(state?.openVersions).toHaveLength(1);
  });

  it('is told once when the log begins anew, though records then come from before', () => {
    const driven = new Driven();
    driven.read(chunksOf('abc', 1).slice(0, 1), 9);
    const anew = [
      ...driven.handle({ ...reset, expected: 10n, found: 0n }),
      ...driven.read(chunksOf('xyz', 1).slice(0, 1), 0),
    ];
    expect(reportsOf(anew)).toEqual([{ kind: 'position-reset', partition: 0, expected: 10n, found: 0n }]);
  });

  it('says nothing of a generation that is over', () => {
    const driven = new Driven();
    expect(driven.handle({ ...reset, epoch: 0, expected: 0n, found: 7n })).toEqual([]);
  });
});

describe('a file whose chunks change while it is verified', () => {
  it('is verified again as a whole when a good copy is longer than the damaged one before it', () => {
    const driven = new Driven();
    const [first, last] = chunksOf('aaaabbbb', 4);
    const short = { ...last!, data: Buffer.from('bb') };
    const [verify] = commandsOf(driven.read([first!, short, last!], 0), 'verify');
    const again = commandsOf(
      driven.handle({ kind: 'verified', workId: verify!.workId, matches: false }),
      'verify',
    );
    expect(again[0]!.bytes.toString()).toBe('aaaabbbb');
    const done = driven.handle({ kind: 'verified', workId: verify!.workId, matches: true });
    expect(contentOf(done)).toEqual(['aaaabbbb']);
  });

  it('hands over the bytes that were verified, not those of lying chunks that became whole meanwhile', () => {
    const driven = new Driven();
    const [first, second, third] = chunksOf('aaaabbbbcccc', 4);
    const lies = chunksOf('LLLLLLXX', 6);
    const lie = (chunk: FileChunk, like: FileChunk, startByte: number): FileChunk => ({
      ...like,
      startByte,
      data: chunk.data,
      chunkHash: chunk.chunkHash,
    });
    const events = [first!, lie(lies[0]!, second!, 4), second!, third!, lie(lies[1]!, third!, 10)];
    let commands = driven.read(events, 0);
    const handedOver: string[] = [];
    for (let turns = 0; turns < 10 && commands.length > 0; turns += 1) {
      handedOver.push(...contentOf(commands));
      const [again] = commandsOf(commands, 'read-back');
      if (again !== undefined) commands = driven.readBack(again, events);
      const [verify] = commandsOf(commands, 'verify');
      if (verify === undefined) break;
      const matches = verify.bytes.toString() === 'aaaabbbbcccc';
      commands = driven.handle({ kind: 'verified', workId: verify.workId, matches });
    }
    expect(handedOver).toEqual(['aaaabbbbcccc']);
  });
});

describe('results and offsets in one transaction', () => {
  const messageOf = (text: string) => ({ topic: 'out', key: null, value: Buffer.from(text), headers: {} });

  /** Reads files of one chunk, and lets the method return the content of each. */
  function withResults(driven: Driven, texts: readonly string[], firstOffset: number): EngineCommand[] {
    const chunks = texts.flatMap(text => [
      ...splitFile({ filename: `${text}.txt`, subdirectory: '', bytes: Buffer.from(text) }, 100),
    ]);
    let toProcess: EngineCommand[] = [];
    for (const { workId } of commandsOf(driven.read(chunks, firstOffset), 'verify'))
      toProcess = [...toProcess, ...driven.handle({ kind: 'verified', workId, matches: true })];
    return commandsOf(toProcess, 'process').flatMap(({ file }) =>
      driven.handle({
        kind: 'settled',
        settled: {
          workId: file.workId,
          outcome: { kind: 'done', messages: [messageOf(Buffer.from(file.bytes!, 0, file.size).toString())] },
          attempts: 1,
          processingMs: 1,
        },
      }),
    );
  }

  const textsOf = ({ messages }: EngineCommand & { kind: 'commit' }) =>
    messages.map(({ value }) => Buffer.from(value!).toString());
  const reportsOf = (commands: readonly EngineCommand[]) =>
    commandsOf(commands, 'report').map(({ report }) => report);

  it('share the next transaction when they come while one is under way, and are done when it is committed', () => {
    const driven = new Driven({ delivery: 'exactly-once', concurrency: 10 });
    expect(reportsOf(withResults(driven, ['a'], 0))).toEqual([]);
    expect(textsOf(driven.commit!)).toEqual(['a']);
    expect(driven.commit!.offsets).toMatchObject([{ partition: 0, offset: 1n }]);
    expect(commandsOf(withResults(driven, ['b', 'c'], 1), 'commit')).toEqual([]);
    const ended = driven.answerCommit('committed');
    expect(reportsOf(ended)).toMatchObject([{ kind: 'file-done', file: { path: 'a.txt' } }]);
    expect(textsOf(driven.commit!)).toEqual(['b', 'c']);
    expect(driven.commit!.offsets).toMatchObject([{ partition: 0, offset: 3n }]);
  });

  it('go again, with what came meanwhile, after a transaction that did not come about', () => {
    const driven = new Driven({ delivery: 'exactly-once', concurrency: 10 });
    withResults(driven, ['a'], 0);
    withResults(driven, ['b'], 1);
    expect(reportsOf(driven.answerCommit('failed'))).toEqual([]);
    driven.tick(2_000);
    expect(textsOf(driven.commit!)).toEqual(['a', 'b']);
  });

  it('fail alone when Kafka refuses a message, and the files beside it are done', () => {
    const driven = new Driven({ delivery: 'exactly-once', concurrency: 10 });
    withResults(driven, ['first'], 0);
    withResults(driven, ['a', 'b', 'bad', 'c', 'd'], 1);
    driven.answerCommit('committed');
    const reports: EngineReport[] = [];
    let transactions = 0;
    for (let before = driven.commit!; ; before = driven.commit!) {
      const ended = textsOf(before).includes('bad')
        ? driven.handle({
            kind: 'commit-ended',
            commitId: before.commitId,
            result: 'refused',
            error: new Error('too large'),
          })
        : driven.answerCommit('committed');
      reports.push(...reportsOf(ended));
      transactions += 1;
      if (driven.commit === before) break;
    }
    const outcomes = reports.flatMap(report =>
      report.kind === 'file-done' || report.kind === 'file-failed'
        ? [`${report.kind} ${report.file.path}`]
        : [],
    );
    expect(outcomes.sort()).toEqual([
      'file-done a.txt',
      'file-done b.txt',
      'file-done c.txt',
      'file-done d.txt',
      'file-failed bad.txt',
    ]);
    expect(driven.commit.offsets).toMatchObject([{ partition: 0, offset: 6n }]);
    expect(transactions).toBeLessThan(10);
  });

  it('are dropped with their partitions, and are not taken for done when the answer comes late', () => {
    const driven = new Driven({ delivery: 'exactly-once' });
    withResults(driven, ['a'], 0);
    driven.handle({ kind: 'assigned', assignment: { epoch: 2, kept: [], added: [0], lost: [] } });
    expect(reportsOf(driven.answerCommit('stale'))).toEqual([]);
    driven.tick(10_000);
    expect(textsOf(driven.commit!)).toEqual(['a']);
    expect(driven.core.status.pipelineFileCount).toBe(0);
  });

  it('are waited for at a stop', () => {
    const driven = new Driven({ delivery: 'exactly-once' });
    withResults(driven, ['a'], 0);
    expect(commandsOf(driven.handle({ kind: 'stop' }), 'drained')).toEqual([]);
    expect(commandsOf(driven.answerCommit('committed'), 'drained')).toHaveLength(1);
  });
});
