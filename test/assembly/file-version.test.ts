import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FileVersion } from '../../src/assembly/file-version.js';
import { ChunkConflictError, ChunkHashMismatchError, FileTooLargeError } from '../../src/errors.js';
import type { FileChunk } from '../../src/wire/file-chunk.js';
import { splitFile } from '../../src/wire/split-file.js';
import { versionId } from '../../src/wire/version-id.js';

const content = Buffer.from('0123456789abcdef');
const chunks = [...splitFile({ filename: 'f.dat', subdirectory: 'run', bytes: content }, 4)];

function versionOf(chunk: FileChunk, maxBytes = 1_000_000): FileVersion {
  const identity = {
    id: versionId('run/f.dat', chunk.fileHash, chunk.count),
    path: 'run/f.dat',
    filename: 'f.dat',
    subdirectory: 'run',
    fileHash: Buffer.from(chunk.fileHash),
    count: chunk.count,
  };
  return new FileVersion(identity, maxBytes);
}

const at = (offset: number) => ({ partition: 0, offset: BigInt(offset) });
const damagedCopy = (chunk: FileChunk): FileChunk => ({ ...chunk, data: Buffer.from('!!!!') });
const misplaced = (chunk: FileChunk, by: number): FileChunk => ({
  ...chunk,
  startByte: chunk.startByte + by,
});

/**
 * Adds the chunks of a topic in their order, and verifies each content as the engine does: what is missing of it is read again.
 *
 * @returns the content that has the hash; undefined: there is none
 */
function assemble(version: FileVersion, topic: readonly FileChunk[]): string | undefined {
  const addAt = (offset: number): void => {
    try {
      version.add(topic[offset]!, at(offset));
    } catch (error) {
      if (!(error instanceof ChunkConflictError || error instanceof ChunkHashMismatchError)) throw error;
    }
  };
  for (const offset of topic.keys()) {
    addAt(offset);
    while (version.isComplete) {
      for (const missing of version.missingBytes) addAt(Number(missing.offset));
      const bytes = version.content;
      if (hash('sha512', bytes, 'buffer').equals(version.identity.fileHash)) return bytes.toString();
      version.refute();
    }
  }
  return undefined;
}

describe('a version', () => {
  it('is complete with the uploaded bytes, whatever the order and however often chunks come', () => {
    const history = fc
      .record({
        bytes: fc.uint8Array({ minLength: 1, maxLength: 200 }),
        chunkBytes: fc.integer({ min: 1, max: 40 }),
        copies: fc.array(fc.nat(1000), { maxLength: 20 }),
        seed: fc.infiniteStream(fc.nat(1_000_000)),
      })
      .map(({ bytes, chunkBytes, copies, seed }) => {
        const all = [...splitFile({ filename: 'f.dat', subdirectory: 'run', bytes }, chunkBytes)];
        const sent = [...all, ...copies.map(number => all[number % all.length]!)];
        const order = sent.map(chunk => ({ chunk, rank: seed.next().value as number }));
        return {
          bytes: Buffer.from(bytes),
          order: order.sort((a, b) => a.rank - b.rank).map(({ chunk }) => chunk),
        };
      });
    fc.assert(
      fc.property(history, ({ bytes, order }) => {
        const version = versionOf(order[0]!);
        const seen = new Set<number>();
        for (const [offset, chunk] of order.entries()) {
          const isNew = !seen.has(chunk.index);
          seen.add(chunk.index);
          const expected = !isNew ? 'duplicate' : seen.size === chunk.count ? 'complete' : 'incomplete';
          expect(version.add(chunk, at(offset)).kind).toBe(expected);
          const held = new Set(order.slice(0, offset + 1));
          expect(version.heldBytes).toBe([...held].reduce((sum, { data }) => sum + data.length, 0));
        }
        expect(version.content.equals(bytes)).toBe(true);
        expect(version.size).toBe(bytes.length);
      }),
    );
  });

  it('keeps no view of a message', () => {
    const version = versionOf(chunks[0]!);
    for (const [offset, chunk] of chunks.entries()) {
      const message = Buffer.from(chunk.data);
      version.add({ ...chunk, data: message }, at(offset));
      message.fill(0);
    }
    expect(version.content.toString()).toBe(content.toString());
  });

  it('exchanges a damaged chunk for a good copy and names the damaged one', () => {
    const version = versionOf(chunks[0]!);
    version.add(damagedCopy(chunks[1]!), at(7));
    const added = version.add(chunks[1]!, at(9));
    expect(added).toMatchObject({ kind: 'replaced', bad: { partition: 0, offset: 7n } });
    expect(() => version.add(damagedCopy(chunks[1]!), at(10))).toThrow(ChunkHashMismatchError);
  });

  it('gives up the damaged chunks of a whole file that does not verify, and waits for good copies', () => {
    const version = versionOf(chunks[0]!);
    for (const [offset, chunk] of chunks.entries())
      version.add(chunk.index === 3 ? damagedCopy(chunk) : chunk, at(offset));
    const refuted = version.refute();
    expect(refuted.next).toBe('incomplete');
    expect(refuted.bad.map(({ offset }) => offset)).toEqual([2n]);
    expect(version.add(chunks[2]!, at(9)).kind).toBe('complete');
    expect(version.content.toString()).toBe(content.toString());
  });

  it('is corrupt when all chunks are good and the whole file is not', () => {
    const other = hash('sha512', 'other', 'buffer');
    const version = versionOf({ ...chunks[0]!, fileHash: other });
    for (const [offset, chunk] of chunks.entries()) version.add({ ...chunk, fileHash: other }, at(offset));
    expect(version.refute()).toEqual({ bad: [], next: 'corrupt' });
  });

  it('is not spoiled by one chunk that lies about its place, whenever that comes', () => {
    const lies = fc.record({
      liar: fc.nat(chunks.length - 1),
      by: fc.integer({ min: -6, max: 6 }).filter(by => by !== 0),
      order: fc.shuffledSubarray([0, 1, 2, 3, 4], { minLength: 5 }),
    });
    fc.assert(
      fc.property(lies, ({ liar, by, order }) => {
        const wrong = misplaced(chunks[liar]!, by);
        if (wrong.startByte < 0) return;
        const topic = order.map(number => chunks[number] ?? wrong);
        expect(assemble(versionOf(chunks[0]!), topic)).toBe(content.toString());
      }),
    );
  });

  it('is not spoiled by any number of chunks out of place, whenever they come', () => {
    const bytes = Buffer.from('0123456789abcdefghijklmn');
    const all = [...splitFile({ filename: 'f.dat', subdirectory: 'run', bytes }, 4)];
    const lie = fc.record({ liar: fc.integer({ min: 1, max: 4 }), by: fc.integer({ min: 1, max: 9 }) });
    const history = fc.record({ lies: fc.array(lie, { maxLength: 12 }), seed: fc.infiniteStream(fc.nat()) });
    fc.assert(
      fc.property(history, ({ lies, seed }) => {
        const wrong = lies.filter(({ by }) => by % 4 !== 0).map(({ liar, by }) => misplaced(all[liar]!, by));
        const order = [...all, ...wrong].map(chunk => ({ chunk, rank: seed.next().value as number }));
        order.sort((a, b) => a.rank - b.rank);
        const topic = order.map(({ chunk }) => chunk);
        expect(assemble(versionOf(all[0]!), topic)).toBe(bytes.toString());
      }),
      { numRuns: 300 },
    );
  });

  it('is not spoiled by other bytes at the right places, before or after the right ones', () => {
    const other = (chunk: FileChunk, text: string): FileChunk => {
      const data = Buffer.from(text);
      return { ...chunk, data, chunkHash: hash('sha512', data, 'buffer') };
    };
    const lies = fc.array(fc.record({ liar: fc.nat(3), letter: fc.constantFrom('x', 'y', 'z') }), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(lies, fc.infiniteStream(fc.nat()), (told, seed) => {
        const wrong = told.map(({ liar, letter }) => other(chunks[liar]!, letter.repeat(4)));
        const order = [...chunks, ...wrong].map(chunk => ({ chunk, rank: seed.next().value as number }));
        order.sort((a, b) => a.rank - b.rank);
        const topic = order.map(({ chunk }) => chunk);
        expect(assemble(versionOf(chunks[0]!), topic)).toBe(content.toString());
      }),
      { numRuns: 500 },
    );
  });

  it('holds the bytes of one content, however many contradict each other', () => {
    const version = versionOf(chunks[0]!);
    version.add(chunks[0]!, at(0));
    for (let offset = 1; offset < 200; offset += 1) {
      const data = Buffer.from(String(offset).padStart(4, '0'));
      const lie = { ...chunks[1]!, data, chunkHash: hash('sha512', data, 'buffer') };
      if (offset === 1) version.add(lie, at(offset));
      else expect(() => version.add(lie, at(offset))).toThrow(ChunkConflictError);
    }
    expect(version.heldBytes).toBe(8);
    expect(version.heldChunks).toHaveLength(200);
  });

  it('gives up each message once, whatever it is found to be later', () => {
    const version = versionOf(chunks[0]!);
    version.add(damagedCopy(chunks[0]!), at(0));
    version.add(chunks[1]!, at(1));
    version.add(chunks[2]!, at(2));
    expect(() => version.add(misplaced(chunks[2]!, 2), at(3))).toThrow(ChunkConflictError);
    version.add(chunks[3]!, at(4));
    expect(version.refute()).toMatchObject({ next: 'incomplete', bad: [{ offset: 0n }] });
    expect(version.add(chunks[0]!, at(5)).kind).toBe('complete');
    expect(version.settle()).toEqual([]);
  });

  it('names the chunks that are not part of its content and were believed until now', () => {
    const version = versionOf(chunks[0]!);
    version.add(misplaced(chunks[2]!, 2), at(0));
    const topic = [misplaced(chunks[2]!, 2), ...chunks];
    expect(assemble(version, topic)).toBe(content.toString());
    expect(version.settle()).toMatchObject([{ offset: 0n, error: { code: 'ERR_CHUNK_CONFLICT' } }]);
  });

  it('says which chunks contradict each other, and where they lie', () => {
    const version = versionOf(chunks[0]!);
    version.add(chunks[0]!, at(3));
    expect(() => version.add(misplaced(chunks[1]!, 2), { partition: 2, offset: 8n })).toThrow(
      'chunk 2 of 4 of run/f.dat claims bytes 6 to 10, which contradicts chunk 1 (partition 0, offset 3), which claims ' +
        'bytes 0 to 4; the hash of the whole file will tell which is right',
    );
  });

  it('refuses a chunk that ends beyond the largest file allowed, and takes no memory for a place nobody can reach', () => {
    expect(() => versionOf(chunks[0]!, 10).add(chunks[3]!, at(0))).toThrow(FileTooLargeError);
    expect(() => versionOf(chunks[0]!).add({ ...chunks[1]!, startByte: 2 ** 40 }, at(0))).toThrow(
      'where it cannot lie; it is not used',
    );
  });

  it('knows the first and the last offset of each partition', () => {
    const version = versionOf(chunks[0]!);
    version.add(chunks[2]!, { partition: 1, offset: 4n });
    version.add(chunks[0]!, { partition: 1, offset: 9n });
    version.add(chunks[1]!, { partition: 0, offset: 2n });
    version.add(chunks[1]!, { partition: 0, offset: 5n });
    expect([...version.ranges]).toEqual([
      [1, { firstOffset: 4n, lastOffset: 9n }],
      [0, { firstOffset: 2n, lastOffset: 5n }],
    ]);
  });
});
