import { beforeEach, describe, expect, it } from 'vitest';
import type { PartAction } from '../../src/assembly/byte-store.js';
import { ChunkIntake, type ChunkIntakeOptions } from '../../src/engine/chunk-intake.js';
import { DiskUse } from '../../src/engine/disk-use.js';
import { HeldMemory } from '../../src/engine/held-memory.js';
import { RecentOutcomes } from '../../src/engine/recent-outcomes.js';
import type { EngineReport } from '../../src/engine/reports.js';
import { PartitionOffsets } from '../../src/offsets/partition-offsets.js';
import { encodeChunk } from '../../src/wire/encode-chunk.js';
import { splitFile } from '../../src/wire/split-file.js';

const noLimits = { maxChunkCount: 100, maxChunkBytes: 100, maxOpenFiles: 100, maxPathBytes: 100 };

/** An intake of one partition, and what it says of bad input. */
class Taken {
  readonly reasons: string[] = [];
  readonly actions: PartAction[] = [];
  readonly intake: ChunkIntake;
  readonly #offsets = new PartitionOffsets({ topic: 'raw', partition: 0, offset: 0n }, null);
  #offset = 0n;

  constructor(options: Partial<ChunkIntakeOptions> = {}) {
    const report = (each: EngineReport): void => {
      if (each.kind === 'bad-input') this.reasons.push(each.reason);
    };
    this.intake = new ChunkIntake(
      { topic: 'raw', maxFileBytes: 1_000, limits: noLimits, ...options },
      {
        outcomes: new RecentOutcomes(100),
        memory: new HeldMemory(1_000, new DiskUse(Infinity)),
        report,
        onDisk: action => this.actions.push(action),
        onLateChunk: () => undefined,
      },
    );
  }

  /** The first chunks of a file. @returns what became of the last one */
  take(path: string, { size = 10, chunkBytes = 5, chunks = 1 } = {}): string {
    const slash = path.lastIndexOf('/');
    const [subdirectory, filename] = [path.slice(0, Math.max(slash, 0)), path.slice(slash + 1)];
    const all = [...splitFile({ filename, subdirectory, bytes: Buffer.alloc(size, path) }, chunkBytes)];
    const kinds = all.slice(0, chunks).map(chunk => {
      const record = { offset: this.#offset, timestampMs: 0, key: null, value: encodeChunk(chunk) };
      this.#offset += 1n;
      const taken = this.intake.take(record, 0, this.#offsets, 0);
      return taken.kind === 'too-large' ? taken.bad.error.message : taken.kind;
    });
    return kinds.at(-1)!;
  }
}

let taken: Taken;
beforeEach(() => {
  taken = new Taken();
});

describe('a limit of the input', () => {
  it('for files is told by the first chunk that says so', () => {
    expect(taken.take('a', { size: 1_000, chunkBytes: 50 })).toBe('settled');
    expect(taken.take('b', { size: 1_001, chunkBytes: 50 })).toBe(
      'chunk 1 of 21 claims a file of 1001 bytes or more; files of at most 1000 bytes are taken (--max-file-size)',
    );
  });

  it('for chunks of a file fails the file', () => {
    expect(taken.take('a', { size: 100, chunkBytes: 1 })).toBe('settled');
    expect(taken.take('b', { size: 101, chunkBytes: 1 })).toBe(
      'it was sent in 101 chunks; files of at most 100 chunks are taken (--max-chunks)',
    );
  });

  it('for the size of chunks fails the file', () => {
    expect(taken.take('a', { size: 100, chunkBytes: 100 })).toBe('complete');
    expect(taken.take('b', { size: 101, chunkBytes: 101 })).toBe(
      'a chunk has 101 bytes; chunks of at most 100 bytes are taken (--max-chunk-size)',
    );
  });

  it('for open files refuses the chunk that would open one more, and takes those of open ones', () => {
    taken = new Taken({ limits: { ...noLimits, maxOpenFiles: 2 } });
    taken.take('a');
    taken.take('b');
    taken.take('c');
    expect(taken.reasons).toEqual([
      'TooManyOpenFilesError: c would be open beside 2 others; at most 2 are (--max-open-files)',
    ]);
    expect(taken.intake.openFileCount).toBe(2);
    expect(taken.take('a', { chunks: 2 })).toBe('complete');
  });

  it('for paths counts bytes', () => {
    taken = new Taken({ limits: { ...noLimits, maxPathBytes: 6 } });
    taken.take('é/éa');
    taken.take('é/éé');
    expect(taken.reasons).toEqual([
      'UnsafePathError: unsafe path: path "é/éé" has 7 bytes, at most 6 are allowed',
    ]);
  });
});

describe('names that the file system takes for one', () => {
  const same = [
    ['a/File.dat', 'A/file.dat', { foldsCase: true, foldsUnicode: false }],
    ['\u00e9.dat', 'e\u0301.dat', { foldsCase: false, foldsUnicode: true }],
    ['\u00c9.dat', 'e\u0301.DAT', { foldsCase: true, foldsUnicode: true }],
  ] as const;

  it.each(same)('%j is refused while %j is open', (first, second, folding) => {
    taken.intake.folding = folding;
    taken.take(first);
    taken.take(second);
    taken.take('other');
    expect(taken.reasons).toEqual([
      `UnsafePathError: unsafe path: ${JSON.stringify(second)} and ${JSON.stringify(first)}, which is open, are one file in the output directory`,
    ]);
    for (const file of [...taken.intake.files]) taken.intake.remove(file);
    expect(taken.take(second)).toBe('settled');
    expect(taken.reasons).toHaveLength(1);
  });

  it('are two files where the file system keeps them apart, and versions of one path are always taken', () => {
    for (const [first, second] of same) {
      taken.take(first);
      taken.take(second);
    }
    taken.intake.folding = { foldsCase: true, foldsUnicode: true };
    taken.take('x', { size: 8 });
    taken.take('x', { size: 9 });
    expect(taken.reasons).toEqual([]);
  });
});
