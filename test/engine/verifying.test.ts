import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkBuffers } from '../../src/assembly/chunk-buffers.js';
import { FileMemory } from '../../src/assembly/file-memory.js';
import { FileVersion } from '../../src/assembly/file-version.js';
import { sliceCount } from '../../src/assembly/hashing/hash-messages.js';
import type { EngineCommand } from '../../src/engine/messages.js';
import type { OpenFile } from '../../src/engine/open-file.js';
import { Verifying } from '../../src/engine/verifying.js';
import { InputError } from '../../src/errors.js';
import type { FileChunk } from '../../src/wire/file-chunk.js';
import { splitFile } from '../../src/wire/split-file.js';

const sha512 = (bytes: Uint8Array): Buffer => createHash('sha512').update(bytes).digest();

/** One file that is put together, and what becomes of its hash. */
class Assembled {
  readonly file: OpenFile;
  readonly commands: EngineCommand[] = [];
  isOpen = true;
  readonly verifying: Verifying;
  /** What went into the hash. */
  hashed: Buffer | undefined;
  /** Hashes that ended, and files that are hashed as a whole. */
  readonly digests: { readonly how: 'as it came' | 'as a whole' | 'on disk'; readonly matches: boolean }[] =
    [];
  mostUnderWay = 0;
  beginCount = 0;
  #underWay = 0;
  /** What was added, in its order. */
  readonly #topic: FileChunk[] = [];

  constructor(chunk: FileChunk, hashing = { leastBytes: 0, sliceBytes: 7 }) {
    const identity = {
      ...{ id: '0123456789abcdef', path: 'f.dat', filename: 'f.dat', subdirectory: '' },
      ...{ fileHash: Buffer.from(chunk.fileHash), count: chunk.count },
    };
    const stores = {
      mostMemoryBytes: 1e6,
      onDisk: () => undefined,
      buffers: new ChunkBuffers(1e6),
      memory: new FileMemory(1e6),
    };
    const version = new FileVersion(identity, 1e6, stores);
    this.file = { workId: 1, version, state: 'assembling', size: 0 } as OpenFile;
    this.verifying = new Verifying(
      { hashing },
      { isOpen: () => this.isOpen, emit: command => this.#take(command) },
    );
  }

  /** As the core does: what arrived with one event, then what follows from it. */
  add(chunks: readonly FileChunk[]): void {
    // Further chunks of a file that was verified change nothing.
    if (this.file.state === 'waiting') return;
    for (const chunk of chunks) {
      this.#topic.push(chunk);
      const offset = BigInt(this.#topic.length - 1);
      try {
        const added = this.file.version.add(chunk, { partition: 0, offset });
        if (added.kind === 'duplicate') continue;
        this.file.changedWhileVerifying ||= this.file.state === 'verifying';
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        this.file.changedWhileVerifying ||= this.file.state === 'verifying';
      }
      this.verifying.grown(this.file);
    }
    this.whole();
  }

  whole(): void {
    const { version } = this.file;
    if (this.file.state === 'assembling' && version.isComplete) {
      for (const { offset } of version.missingBytes)
        version.add(this.#topic[Number(offset)]!, { partition: 0, offset });
      this.file.state = 'verifying';
      this.file.changedWhileVerifying = false;
      this.file.size = this.file.version.size;
      this.verifying.begin(this.file);
    }
    this.verifying.advance();
  }

  /** So many slices are hashed, as far as there are. */
  hash(count: number): void {
    for (let done = 0; done < count && this.#underWay > 0; done += 1) {
      this.#underWay -= 1;
      this.verifying.hashed();
    }
    this.verifying.advance();
  }

  /** All slices are hashed, and the answer to each digest comes, until the file is right or lacks something. */
  finish(): void {
    for (let round = 0; round < 100 && this.file.state !== 'waiting'; round += 1) {
      this.hash(Infinity);
      const last = this.digests.at(-1);
      if (this.file.state !== 'verifying' || last === undefined) continue;
      this.verifying.verified(this.file);
      this.file.state = 'assembling';
      if (this.file.changedWhileVerifying) this.whole();
      else if (last.matches) this.file.state = 'waiting';
      else if (this.file.version.refute().next === 'complete') this.whole();
      else return;
    }
  }

  #take(command: EngineCommand): void {
    this.commands.push(command);
    const { fileHash } = this.file.version.identity;
    if (command.kind === 'hash') {
      this.#underWay += 1;
      this.mostUnderWay = Math.max(this.mostUnderWay, this.#underWay);
      if (command.startByte === 0) {
        this.hashed = Buffer.alloc(0);
        this.beginCount += 1;
      }
      expect(this.hashed?.length).toBe(command.startByte);
      this.hashed = Buffer.concat([this.hashed!, command.bytes]);
    } else if (command.kind === 'verify-hashed') {
      // What the method gets is what was hashed.
      expect(this.hashed!.equals(this.file.version.content)).toBe(true);
      this.digests.push({ how: 'as it came', matches: sha512(this.hashed!).equals(fileHash) });
      this.hashed = undefined;
    } else if (command.kind === 'forget-hash') {
      this.hashed = undefined;
    } else if (command.kind === 'verify') {
      this.digests.push({ how: 'as a whole', matches: sha512(command.bytes).equals(fileHash) });
    } else {
      this.digests.push({ how: 'on disk', matches: true });
    }
  }
}

function chunksOf(bytes: Uint8Array, chunkBytes: number): FileChunk[] {
  return [...splitFile({ filename: 'f.dat', subdirectory: '', bytes: Buffer.from(bytes) }, chunkBytes)];
}

function damaged(chunk: FileChunk): FileChunk {
  return { ...chunk, data: chunk.data.map(byte => byte ^ 1) };
}

/** It has the hash that it names, and is where others are. */
function misplaced(chunk: FileChunk): FileChunk {
  return { ...chunk, startByte: chunk.startByte + 1 };
}

const changes = {
  copy: (chunk: FileChunk): FileChunk => chunk,
  damaged,
  cut: (chunk: FileChunk): FileChunk => ({
    ...chunk,
    data: chunk.data.subarray(0, Math.max(1, chunk.data.length - 1)),
  }),
  longer: (chunk: FileChunk): FileChunk => ({ ...chunk, data: Buffer.concat([chunk.data, Buffer.of(1)]) }),
  misplaced,
} as const;

const content = Uint8Array.from({ length: 200 }, (_, at) => at);

describe('a file that is hashed while its chunks come', () => {
  it('has the hash of the bytes that the method gets, whatever comes in whatever order', () => {
    const seen = { 'as it came': 0, 'as a whole': 0, 'on disk': 0, anew: 0 };
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 120 }),
        fc.integer({ min: 3, max: 30 }),
        fc.array(fc.tuple(fc.nat(40), fc.constantFrom('copy', 'damaged', 'cut', 'longer', 'misplaced')), {
          maxLength: 5,
        }),
        fc.infiniteStream(fc.nat(1_000_000)),
        (bytes, chunkBytes, others, places) => {
          const chunks = chunksOf(bytes, chunkBytes);
          const next = (): number => places.next().value as number;
          const additional = others.map(([number, kind]) => {
            const chunk = chunks[number % chunks.length]!;
            return changes[kind](chunk);
          });
          const inOrder = next() % 2 === 0;
          const placed = [
            ...chunks.map(chunk => ({ chunk, at: inOrder ? 0 : next() })),
            ...additional.map(chunk => ({ chunk, at: next() })),
          ];
          placed.sort((a, b) => a.at - b.at);
          const assembled = new Assembled(chunks[0]!);
          for (let at = 0; at < placed.length;) {
            const count = 1 + (next() % 3);
            assembled.add(placed.slice(at, at + count).map(({ chunk }) => chunk));
            assembled.hash(next() % 5);
            if (next() % 7 === 0) assembled.finish();
            at += count;
          }
          assembled.finish();
          // Of a chunk that was damaged when the file was looked at no good copy came since.
          if (assembled.file.state === 'assembling') assembled.add(chunks);
          assembled.finish();
          expect(assembled.file.state).toBe('waiting');
          expect(assembled.digests.at(-1)!.matches).toBe(true);
          expect(assembled.file.version.content.equals(bytes)).toBe(true);
          seen[assembled.digests.at(-1)!.how] += 1;
          if (assembled.beginCount > 1) seen.anew += 1;
        },
      ),
      { numRuns: 1000 },
    );
    expect(seen['as it came']).toBeGreaterThan(100);
    expect(seen['as a whole']).toBeGreaterThan(20);
    expect(seen.anew).toBeGreaterThan(20);
  });

  it('has only its last bytes left to hash when its last chunk comes', () => {
    const chunks = chunksOf(content, 10);
    const assembled = new Assembled(chunks[0]!, { leastBytes: 200, sliceBytes: 10 });
    for (const chunk of chunks.slice(0, -1)) {
      assembled.add([chunk]);
      assembled.hash(1);
    }
    expect(assembled.hashed!.length).toBe(190);
    assembled.add(chunks.slice(-1));
    expect(assembled.commands.slice(-2).map(({ kind }) => kind)).toEqual(['hash', 'verify-hashed']);
  });

  it('goes on after a gap once that is closed', () => {
    const [first, second, third] = chunksOf(content, 70) as [FileChunk, FileChunk, FileChunk];
    const assembled = new Assembled(first, { leastBytes: 200, sliceBytes: 10 });
    assembled.add([first, third]);
    assembled.hash(Infinity);
    expect(assembled.hashed!.length).toBe(70);
    assembled.add([second]);
    assembled.finish();
    expect(assembled.digests).toEqual([{ how: 'as it came', matches: true }]);
    expect(assembled.beginCount).toBe(1);
  });

  it('has no more slices under way than the thread takes', () => {
    const chunks = chunksOf(content, 100);
    const assembled = new Assembled(chunks[0]!, { leastBytes: 0, sliceBytes: 1 });
    assembled.add(chunks);
    assembled.finish();
    expect(assembled.mostUnderWay).toBe(sliceCount);
    expect(assembled.digests).toEqual([{ how: 'as it came', matches: true }]);
  });

  it('is hashed as a whole when it is small, or little of it is there', () => {
    const chunks = chunksOf(content, 10);
    const small = new Assembled(chunks[0]!, { leastBytes: 201, sliceBytes: 10 });
    small.add(chunks);
    expect(small.commands.map(({ kind }) => kind)).toEqual(['verify']);
    const begun = new Assembled(chunks[0]!, { leastBytes: 200, sliceBytes: 10 });
    begun.add(chunks.slice(0, 4));
    expect(begun.commands).toEqual([]);
    begun.add(chunks.slice(4, 5));
    expect(begun.commands.map(({ kind }) => kind)).toEqual(Array(5).fill('hash'));
  });

  it('is not hashed again for each chunk that is replaced', () => {
    const chunks = chunksOf(content, 10);
    const assembled = new Assembled(chunks[0]!, { leastBytes: 0, sliceBytes: 5 });
    const isDamaged = (index: number): boolean => index <= 10;
    for (const chunk of chunks.slice(0, -1)) {
      assembled.add([isDamaged(chunk.index) ? damaged(chunk) : chunk]);
      assembled.hash(Infinity);
    }
    for (const chunk of chunks.slice(0, 10).reverse()) {
      assembled.add([chunk]);
      assembled.hash(Infinity);
      assembled.hash(Infinity);
      assembled.hash(Infinity);
    }
    expect(assembled.beginCount).toBe(4);
    assembled.add(chunks.slice(-1));
    assembled.finish();
    expect(assembled.beginCount).toBe(5);
    expect(assembled.digests).toEqual([{ how: 'as it came', matches: true }]);
  });

  it.each(['is given up', 'goes to disk'])('has no hash any more once it %s', how => {
    const chunks = chunksOf(content, 10);
    const assembled = new Assembled(chunks[0]!);
    assembled.add(chunks.slice(0, 5));
    if (how === 'goes to disk') assembled.file.version.spill();
    else assembled.isOpen = false;
    assembled.verifying.advance();
    assembled.verifying.advance();
    expect(assembled.commands.filter(({ kind }) => kind === 'forget-hash')).toHaveLength(1);
    assembled.isOpen = true;
    assembled.add(chunks.slice(5));
    assembled.finish();
    expect(assembled.digests.at(-1)).toEqual({
      how: how === 'goes to disk' ? 'on disk' : 'as it came',
      matches: true,
    });
  });

  it.each([19, 20])('is hashed as a whole when the thread is gone after %i chunks', count => {
    const chunks = chunksOf(content, 10);
    const assembled = new Assembled(chunks[0]!);
    assembled.add(chunks.slice(0, count));
    assembled.hash(Infinity);
    assembled.verifying.ended();
    assembled.add(chunks.slice(count));
    expect(assembled.commands.at(-1)!.kind).toBe('verify');
    assembled.finish();
    expect(assembled.digests.at(-1)).toEqual({ how: 'as a whole', matches: true });
  });

  it('is hashed as a whole when a chunk contradicts others while its last bytes are being hashed', () => {
    const chunks = chunksOf(content, 50);
    const assembled = new Assembled(chunks[0]!, { leastBytes: 0, sliceBytes: 5 });
    assembled.add(chunks);
    const other = { ...chunks[1]!, data: Buffer.alloc(50, 7), chunkHash: sha512(Buffer.alloc(50, 7)) };
    assembled.add([other]);
    assembled.finish();
    expect(assembled.digests.map(({ how }) => how)).toEqual(['as a whole', 'as a whole']);
    expect(assembled.digests.at(-1)!.matches).toBe(true);
  });
});
