import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HeldChunk } from '../../../src/assembly/held-chunk.js';
import { DiskParts } from '../../../src/assembly/disk/disk-parts.js';
import { PartFile } from '../../../src/assembly/disk/part-file.js';
import type { PartContent } from '../../../src/assembly/disk/part-storage.js';
import { UnsafePathError } from '../../../src/errors.js';
import { partsFolderName } from '../../../src/wire/safe-file-path.js';

const sha512 = (bytes: Uint8Array): Buffer => createHash('sha512').update(bytes).digest();

let outputDir: string;
beforeEach(() => {
  outputDir = mkdtempSync(join(tmpdir(), 'disk-parts-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  return rm(outputDir, { recursive: true });
});

/** A storage that says what happened to it. */
class Watched {
  readonly events: string[] = [];
  readonly parts: DiskParts;
  #onEvent: () => void = () => undefined;

  constructor({ folder = outputDir, keepsFiles = true } = {}) {
    const add = (event: string): void => {
      this.events.push(event);
      this.#onEvent();
    };
    this.parts = new DiskParts(
      { outputDir: folder, keepsFiles },
      {
        onWritten: (part, byteLength) => add(`${part}: ${byteLength} written`),
        onTrouble: error => add(`trouble: ${error.message}`),
        onRecovered: () => add('recovered'),
        onLost: error => add(`lost: ${error.message}`),
        onNote: text => add(`note: ${text}`),
      },
    );
  }

  write(part: number, startByte: number, text: string): void {
    this.parts.act({ kind: 'write', part, startByte, data: Buffer.from(text) });
  }

  async until(event: string): Promise<void> {
    while (!this.events.some(each => each.includes(event)))
      await new Promise<void>(resolve => (this.#onEvent = resolve));
  }
}

/** Calls for single parts that are held up. */
class Gates {
  readonly #held = new Map<string, { open: Promise<void>; release: () => void }>();
  readonly #reached = new Map<string, () => void>();

  hold(part: number): void {
    let release!: () => void;
    const open = new Promise<void>(resolve => (release = resolve));
    this.#held.set(`${part}.part`, { open, release });
  }

  release(part: number): void {
    this.#held.get(`${part}.part`)?.release();
  }

  /** Resolves when a call for the part arrives from now on. */
  reached(part: number): Promise<void> {
    return new Promise(resolve => this.#reached.set(`${part}.part`, resolve));
  }

  async pass(path: string): Promise<void> {
    const name = basename(path);
    this.#reached.get(name)?.();
    await this.#held.get(name)?.open;
  }
}

function contentOf(part: number, pieces: readonly string[]): PartContent {
  const bytes = Buffer.from(pieces.join(''));
  let startByte = 0;
  const chunks = pieces.map((piece, at): HeldChunk => {
    const data = Buffer.from(piece);
    const chunk = { index: at + 1, startByte, byteLength: data.length, chunkHash: sha512(data) };
    startByte += data.length;
    return { ...chunk, partition: 0, offset: BigInt(at) };
  });
  return { part, size: bytes.length, fileHash: sha512(bytes), chunks };
}

describe('part files', () => {
  it('become the whole file under its final name, whatever the order of their pieces', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ minLength: 1, maxLength: 9 }), { minLength: 1, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        async (pieces, ranks) => {
          const { parts, events } = new Watched();
          await parts.open();
          const content = contentOf(1, pieces);
          const order = content.chunks.map((chunk, at) => ({
            chunk,
            at,
            rank: ranks.next().value as number,
          }));
          order.sort((a, b) => a.rank - b.rank);
          for (const { chunk, at } of order) {
            const data = Buffer.from(pieces[at]!);
            parts.act({ kind: 'write', part: 1, startByte: chunk.startByte, data });
          }
          expect(await parts.verify(content)).toEqual({ matches: true });
          const place = await parts.publish(1, 'run/a/f.dat');
          expect(place?.localPath).toBe(place?.storedAt);
          expect(readFileSync(place!.localPath!, 'utf8')).toBe(pieces.join(''));
          expect(events).toHaveLength(pieces.length);
          await parts.close();
          expect(readdirSync(outputDir)).toEqual(['run']);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('are not closed while they wait for their turn, or what is written would be written twice', async () => {
    const { parts } = new Watched({ keepsFiles: false });
    const write: PartFile['write'] = Reflect.get(PartFile.prototype, 'write');
    const close: PartFile['close'] = Reflect.get(PartFile.prototype, 'close');
    const writing = new Gates();
    const closing = new Gates();
    vi.spyOn(PartFile.prototype, 'write').mockImplementation(async function (this: PartFile, ...place) {
      await writing.pass(this.path);
      await write.apply(this, place);
    });
    vi.spyOn(PartFile.prototype, 'close').mockImplementation(async function (this: PartFile) {
      await closing.pass(this.path);
      await close.apply(this);
    });
    let writtenCount = 0;
    const begin = (part: number, startByte: number): Promise<void> =>
      new Promise(resolve => {
        const onDone = (): void => {
          writtenCount += 1;
          resolve();
        };
        parts.act({ kind: 'write', part, startByte, data: Buffer.from('a'), onDone });
      });
    // As many as may be open: the first is idle for longest.
    for (let part = 1; part <= 128; part += 1) await begin(part, 0);
    // As many as may be worked on at the same time: the first has to wait for its turn.
    const busy = [129, 130, 131, 132, 133, 134, 135, 136];
    for (const part of busy) writing.hold(part);
    const others = busy.map(part => begin(part, 0));
    writing.hold(1);
    closing.hold(1);
    const again = begin(1, 1);
    // The first one that ends finds too many open, the second one leaves its place to the first part.
    writing.release(129);
    await others[0];
    writing.release(130);
    await writing.reached(1);
    closing.release(1);
    for (const part of busy) writing.release(part);
    await Promise.all(others);
    writing.release(1);
    await again;
    expect(await parts.verify(contentOf(1, ['a', 'a']))).toEqual({ matches: true });
    await parts.close();
    expect(writtenCount).toBe(128 + 8 + 1);
  });

  it('name the chunks that do not have their hash, and verify once these are written again', async () => {
    const { parts, ...watched } = new Watched();
    const content = contentOf(1, ['aaaa', 'bbbb', 'cc']);
    for (const [startByte, text] of [
      [0, 'aaaa'],
      [4, 'b!bb'],
      [8, 'cc'],
    ] as const)
      parts.act({ kind: 'write', part: 1, startByte, data: Buffer.from(text) });
    expect(await parts.verify(content)).toEqual({ matches: false, damagedIndexes: [2] });
    parts.act({ kind: 'write', part: 1, startByte: 4, data: Buffer.from('bbbb') });
    expect(await parts.verify(content)).toEqual({ matches: true });
    expect(watched.events).toHaveLength(4);
    await parts.close();
  });

  it('keep no tail beyond the file', async () => {
    const watched = new Watched();
    const { parts } = watched;
    await parts.open();
    watched.write(1, 0, 'aaaa');
    watched.write(1, 20, 'a lie about its place');
    watched.write(1, 4, 'bb');
    expect(await parts.verify(contentOf(1, ['aaaa', 'bb']))).toEqual({ matches: true });
    const place = await parts.publish(1, 'f.dat');
    expect(readFileSync(place!.localPath!, 'utf8')).toBe('aaaabb');
    await parts.close();
  });

  it('are gone with their folder where files are not kept, also the output directory if it was made for them', async () => {
    const folder = join(outputDir, 'made');
    const watched = new Watched({ folder, keepsFiles: false });
    await watched.parts.open();
    expect(existsSync(folder)).toBe(false);
    watched.write(1, 0, 'aaaa');
    expect(await watched.parts.verify(contentOf(1, ['aaaa']))).toEqual({ matches: true });
    const place = await watched.parts.publish(1, 'f.dat');
    expect(place).toEqual({ storedAt: place!.storedAt });
    expect(readFileSync(place!.storedAt, 'utf8')).toBe('aaaa');
    await watched.parts.close();
    expect(existsSync(folder)).toBe(false);
  });

  it('are answered for once each, also when their part is removed before they are written', async () => {
    const watched = new Watched();
    for (let at = 0; at < 50; at += 1) watched.write(1, at * 4, 'aaaa');
    watched.parts.act({ kind: 'remove', part: 1 });
    watched.write(2, 0, 'b');
    expect(await watched.parts.verify(contentOf(2, ['b']))).toEqual({ matches: true });
    // Each part has its own order.
    await watched.parts.close();
    expect(watched.events.filter(event => event === '1: 4 written')).toHaveLength(50);
  });

  it('of more files than may be open at a time are all written', async () => {
    const watched = new Watched();
    const numbers = Array.from({ length: 400 }, (_, at) => at + 1);
    for (const piece of ['aa', 'bb'])
      for (const part of numbers) watched.write(part, piece === 'aa' ? 0 : 2, piece);
    for (const part of numbers)
      expect(await watched.parts.verify(contentOf(part, ['aa', 'bb']))).toEqual({ matches: true });
    await watched.parts.close();
  });

  it('wait while the disk does not take them, and go on by themselves', async () => {
    // A file where the output directory should be: no folder can be made in it, whoever asks.
    const folder = join(outputDir, 'blocked');
    writeFileSync(folder, '');
    const watched = new Watched({ folder, keepsFiles: false });
    await watched.parts.open();
    watched.write(1, 0, 'aaaa');
    await watched.until('trouble');
    expect(watched.events[0]).toContain(`cannot write below ${folder} (--output-dir): `);
    await unlink(folder);
    expect(await watched.parts.verify(contentOf(1, ['aaaa']))).toEqual({ matches: true });
    expect(watched.events.slice(-2)).toEqual(['1: 4 written', 'recovered']);
    await watched.parts.close();
  });

  it('that another program removed are told, not made anew', async () => {
    const watched = new Watched();
    watched.write(1, 0, 'aaaa');
    await watched.until('written');
    const [run] = readdirSync(join(outputDir, partsFolderName));
    await watched.parts.publish(99, 'other').catch(() => undefined);
    // As many others as it takes to have it closed.
    for (let part = 100; part < 300; part += 1) watched.write(part, 0, 'x');
    for (let part = 100; part < 300; part += 1) await watched.parts.verify(contentOf(part, ['x']));
    await unlink(join(outputDir, partsFolderName, run!, '1.part'));
    watched.write(1, 4, 'bb');
    await watched.until('lost');
    expect(watched.events.at(-1)).toContain('1.part is gone: another program has changed it');
    await watched.parts.close();
  });

  it('of a run that crashed are removed, not those of a run that goes on', async () => {
    const parts = join(outputDir, partsFolderName);
    const gone = 2 ** 22 - 1;
    for (const [name, count] of [
      [`${hostOf(await runningName())}-${gone}-00000000`, 3],
      [`elsewhere-${gone}-00000000`, 1],
    ] as const) {
      mkdirSync(join(parts, name), { recursive: true });
      for (let at = 0; at < count; at += 1) writeFileSync(join(parts, name, `${at}.part`), 'x');
    }
    const other = new Watched();
    other.write(1, 0, 'a');
    await other.until('written');
    const watched = new Watched();
    await watched.parts.open();
    expect(watched.events).toEqual([
      `note: removed 3 part files that a run left behind in ${outputDir}; what was in them is read again`,
    ]);
    expect(readdirSync(parts)).toContain(`elsewhere-${gone}-00000000`);
    expect(await other.parts.verify(contentOf(1, ['a']))).toEqual({ matches: true });
    await other.parts.close();
    await watched.parts.close();
  });
});

/** Name of the folder of a run of this process. */
async function runningName(): Promise<string> {
  const watched = new Watched();
  watched.write(1, 0, 'x');
  await watched.until('written');
  const [name] = readdirSync(join(outputDir, partsFolderName));
  await watched.parts.close();
  return name!;
}

function hostOf(name: string): string {
  return name.split('-').slice(0, -2).join('-');
}

describe('a final name', () => {
  async function publish(path: string): Promise<string> {
    const watched = new Watched();
    await watched.parts.open();
    watched.write(1, 0, 'new');
    await watched.parts.verify(contentOf(1, ['new']));
    try {
      const place = await watched.parts.publish(1, path);
      return readFileSync(place!.localPath!, 'utf8');
    } catch (error) {
      expect(error).toBeInstanceOf(UnsafePathError);
      return (error as Error).message;
    } finally {
      await watched.parts.close();
    }
  }

  it('replaces a longer file without a rest of it', async () => {
    writeFileSync(join(outputDir, 'f'), 'an old and longer one');
    expect(await publish('f')).toBe('new');
  });

  it('does not lead out of the output directory through symbolic links', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    try {
      writeFileSync(join(outside, 'f'), 'untouched');
      symlinkSync(outside, join(outputDir, 'link'));
      symlinkSync(join(outputDir, 'nowhere'), join(outputDir, 'dangling'));
      symlinkSync(join(outside, 'f'), join(outputDir, 'f'));
      mkdirSync(join(outputDir, 'inner'));
      symlinkSync('inner', join(outputDir, 'alias'));
      symlinkSync(outputDir, join(outputDir, 'self'));
      expect(await publish('link/f')).toContain(`leads out of the output directory, to ${outside}`);
      expect(await publish('link/deeper/f')).toContain('leads out of the output directory');
      expect(await publish('dangling/f')).toContain('leads nowhere');
      expect(await publish('self/f')).toContain('leads out of the output directory');
      expect(await publish('f')).toContain('is a symbolic link');
      expect(await publish('alias')).toContain('is a symbolic link');
      expect(await publish('alias/f')).toBe('new');
      expect(readFileSync(join(outputDir, 'inner/f'), 'utf8')).toBe('new');
      expect(readFileSync(join(outside, 'f'), 'utf8')).toBe('untouched');
      expect(readdirSync(outside)).toEqual(['f']);
    } finally {
      await rm(outside, { recursive: true });
    }
  });

  it('does not turn a file into a folder or a folder into a file', async () => {
    mkdirSync(join(outputDir, 'folder/inner'), { recursive: true });
    writeFileSync(join(outputDir, 'file'), 'old');
    expect(await publish('folder')).toBe(`"folder" cannot be kept: ${join(outputDir, 'folder')} is a folder`);
    expect(await publish('file/f')).toBe(
      `"file/f" cannot be kept: ${join(outputDir, 'file')} is a file where a folder is needed`,
    );
    expect(readFileSync(join(outputDir, 'file'), 'utf8')).toBe('old');
  });

  it('may be too long for the file system', async () => {
    const deep = Array.from({ length: 41 }, () => 'd'.repeat(100)).join('/');
    expect(await publish(`${deep}/f`)).toContain('the file system does not take such a name there');
  });
});
