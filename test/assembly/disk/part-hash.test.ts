import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HeldChunk } from '../../../src/assembly/held-chunk.js';
import { PartFile } from '../../../src/assembly/disk/part-file.js';
import { ThreadPartHash } from '../../../src/assembly/disk/part-hash.js';
import type { FromHashThread, ToHashThread } from '../../../src/assembly/hashing/hash-messages.js';
import { HashWork } from '../../../src/assembly/hashing/hash-work.js';
import { RunningHashes, type StartHashThread } from '../../../src/assembly/hashing/running-hashes.js';

const sha512 = (bytes: Uint8Array): Buffer => createHash('sha512').update(bytes).digest();

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'part-hash-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The work of the thread without the thread: each message is taken a little later. */
class WatchedWork {
  readonly messages: ToHashThread[] = [];
  readonly hashes: RunningHashes;
  end: () => void = () => undefined;

  constructor() {
    const start: StartHashThread = ({ memory }, onAnswer, onEnd) => {
      const work = new HashWork(new Uint8Array(memory), answer => setImmediate(onAnswer, answer));
      this.end = onEnd;
      const postMessage = (message: ToHashThread): void => {
        this.messages.push(message);
        setImmediate(() => work.take(message));
      };
      return { postMessage, terminate: () => Promise.resolve(0) };
    };
    this.hashes = new RunningHashes(() => undefined, start);
  }

  /** Bytes that the thread was told to read. */
  get toldBytes(): number {
    return this.messages.reduce(
      (sum, message) => sum + (message.kind === 'add-from-file' ? message.endByte - message.startByte : 0),
      0,
    );
  }
}

function cut(bytes: Buffer, pieceBytes: number): { startByte: number; data: Buffer }[] {
  const pieces: { startByte: number; data: Buffer }[] = [];
  for (let startByte = 0; startByte < bytes.length; startByte += pieceBytes)
    pieces.push({ startByte, data: bytes.subarray(startByte, startByte + pieceBytes) });
  return pieces;
}

function heldChunks(bytes: Buffer, pieceBytes: number): HeldChunk[] {
  return cut(bytes, pieceBytes).map(({ startByte, data }, at) => ({
    ...{ index: at + 1, startByte, byteLength: data.length, chunkHash: sha512(data) },
    ...{ partition: 0, offset: 0n },
  }));
}

const content = Buffer.from(Array.from({ length: 100 }, (_, at) => at));

describe('the hash of a part file that a thread reads', () => {
  it('is that of the file, whatever is written in whatever order, and once more', async () => {
    let fileNumber = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        fc.integer({ min: 3, max: 30 }),
        fc.array(fc.nat(40), { maxLength: 8 }),
        fc.infiniteStream(fc.nat(1_000_000)),
        async (given, pieceBytes, copies, places) => {
          const bytes = Buffer.from(given);
          const next = (): number => places.next().value as number;
          const pieces = cut(bytes, pieceBytes);
          const chosen = copies.map(number => pieces[number % pieces.length]!);
          // What comes first of a piece that comes again may be damaged, as nobody has looked at it.
          const all = [...pieces, ...chosen].map(piece => ({ ...piece, at: next() }));
          all.sort((a, b) => a.at - b.at);
          const left = [...all];
          const { hashes } = new WatchedWork();
          fileNumber += 1;
          const path = join(folder, String(fileNumber));
          const file = new PartFile(path, new ThreadPartHash(hashes, path));
          for (const piece of all) {
            left.shift();
            const comesAgain = left.some(({ startByte }) => startByte === piece.startByte);
            const data = comesAgain ? piece.data.map(byte => byte ^ 1) : piece.data;
            await file.write(piece.startByte, data);
            if (next() % 3 === 0) await new Promise(setImmediate);
          }
          expect(await file.verify(bytes.length, sha512(bytes), [])).toEqual({ matches: true });
          await file.remove();
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is read as it is written, in order or with gaps that are closed', async () => {
    const work = new WatchedWork();
    const path = join(folder, 'file');
    const file = new PartFile(path, new ThreadPartHash(work.hashes, path));
    const [first, second, third, fourth] = cut(content, 25);
    for (const piece of [first!, third!, second!]) await file.write(piece.startByte, piece.data);
    expect(work.toldBytes).toBe(75);
    await file.write(fourth!.startByte, fourth!.data);
    expect(work.toldBytes).toBe(100);
    expect(await file.verify(100, sha512(content), [])).toEqual({ matches: true });
    expect(work.toldBytes).toBe(100);
  });

  it('leaves out what lies beyond the end', async () => {
    const { hashes } = new WatchedWork();
    const path = join(folder, 'file');
    const file = new PartFile(path, new ThreadPartHash(hashes, path));
    for (const { startByte, data } of cut(content, 25)) await file.write(startByte, data);
    const shorter = content.subarray(0, 75);
    expect(await file.verify(75, sha512(shorter), [])).toEqual({ matches: true });
    expect(readFileSync(path)).toEqual(shorter);
  });

  it('is begun again a few times only before the file is whole', async () => {
    const work = new WatchedWork();
    const path = join(folder, 'file');
    const file = new PartFile(path, new ThreadPartHash(work.hashes, path));
    const pieces = cut(content, 10);
    for (const { startByte, data } of pieces.slice(0, -1)) await file.write(startByte, data);
    for (let copy = 0; copy < 50; copy += 1) await file.write(0, pieces[0]!.data);
    expect(work.toldBytes).toBe(5 * 90);
    await file.write(90, pieces.at(-1)!.data);
    expect(await file.verify(100, sha512(content), [])).toEqual({ matches: true });
  });

  it('is computed anew, in other pieces too, once damaged chunks were found', async () => {
    const work = new WatchedWork();
    const path = join(folder, 'file');
    const file = new PartFile(path, new ThreadPartHash(work.hashes, path));
    const wrong = Buffer.from(content);
    wrong[30] = 0;
    for (const { startByte, data } of cut(wrong, 25)) await file.write(startByte, data);
    expect(await file.verify(100, sha512(content), heldChunks(content, 25))).toEqual({
      ...{ matches: false, damagedIndexes: [2] },
    });
    for (const { startByte, data } of cut(content.subarray(25, 50), 5))
      await file.write(25 + startByte, data);
    expect(await file.verify(100, sha512(content), [])).toEqual({ matches: true });
    expect(work.toldBytes).toBe(200);
  });

  it.each(['before it is asked for', 'while it is asked for'])(
    'is computed in the calling thread when the other one ends %s',
    async when => {
      const work = new WatchedWork();
      const path = join(folder, 'file');
      const file = new PartFile(path, new ThreadPartHash(work.hashes, path));
      for (const { startByte, data } of cut(content, 25)) await file.write(startByte, data);
      if (when === 'before it is asked for') work.end();
      const check = file.verify(100, sha512(content), []);
      work.end();
      expect(await check).toEqual({ matches: true });
    },
  );

  it('is not made up when the file cannot be read', async () => {
    const { hashes } = new WatchedWork();
    const hashId = hashes.nextId();
    hashes.addFromFile(hashId, join(folder, 'nowhere'), 0, 10);
    expect(await hashes.digest(hashId)).toBeUndefined();
  });
});

/** The built thread: the sources cannot be started as one. */
const builtThread = new URL('../../../dist/src/assembly/hashing/hash-thread.js', import.meta.url);

describe.skipIf(!existsSync(builtThread))('the thread that hashes', () => {
  it('hashes bytes and files, each on its own', async () => {
    let worker: Worker | undefined;
    const start: StartHashThread = (workerData, onAnswer, onEnd) => {
      worker = new Worker(builtThread, { workerData });
      worker.on('message', (answer: FromHashThread) => onAnswer(answer));
      worker.on('error', onEnd);
      return worker;
    };
    const hashes = new RunningHashes(() => undefined, start);
    const path = join(folder, 'file');
    const file = new PartFile(path, new ThreadPartHash(hashes, path));
    const hashId = hashes.nextId();
    for (const { startByte, data } of cut(content, 10)) {
      await file.write(startByte, data);
      await new Promise<void>(resolve => hashes.add(hashId, data, resolve));
    }
    expect((await hashes.digest(hashId))?.equals(sha512(content))).toBe(true);
    expect(await file.verify(100, sha512(content), [])).toEqual({ matches: true });
    hashes.close();
    await worker?.terminate();
  });
});
