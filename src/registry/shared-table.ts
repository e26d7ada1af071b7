import { randomBytes } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fieldsOf, headOf } from './python-table.js';

/** What becomes of a row: this line takes its place, it is removed, or it is removed if it is still what somebody has written. */
export type RowChange = string | undefined | { readonly ifStill: string };
/** By the path as it stands in a line. */
export type RowChanges = ReadonlyMap<string, RowChange>;

const pathColumn = 1;
const pieceLength = 65_536;
const temporaryEnd = /^\.[0-9a-f]{8}\.tmp$/;

/**
 * A table in a file that may be long, that several processes write, and of which readers never see a part: what changes is put
 * together in a file beside it, which then takes its place. Rows of paths that a process says nothing of stay as they are. Nothing of
 * it is held in memory.
 *
 * Its writers must have agreed that none of them writes at the same time.
 */
export class SharedTable {
  readonly path: string;
  readonly #columns: readonly string[];

  /** @param columns the second one is the path of a file */
  constructor(path: string, columns: readonly string[]) {
    this.path = path;
    this.#columns = columns;
  }

  /**
   * Changes the rows of these paths, wherever they stand; new ones come to the end. A table that is missing is made.
   *
   * @throws {Error} the file is no such table, or what the system refuses; it is as it was then
   */
  async merge(changes: RowChanges): Promise<void> {
    const left = new Map(changes);
    await this.#replace(async target => {
      let hasChanged = !(await this.#exists());
      await target.add(headOf(this.#columns));
      for await (const line of this.#lines()) {
        const fields = fieldsOf(line);
        const path = fields[pathColumn];
        // Cut off, by a full disk or a crash of what wrote it.
        const isWhole = fields.length === this.#columns.length && path !== undefined;
        const next = isWhole ? changed(line, changes.has(path), left.get(path)) : undefined;
        if (isWhole) left.delete(path);
        hasChanged ||= next !== line;
        if (next !== undefined) await target.add(`\n${next}`);
      }
      for (const line of left.values()) {
        if (typeof line !== 'string') continue;
        hasChanged = true;
        await target.add(`\n${line}`);
      }
      return hasChanged;
    });
  }

  /**
   * Adds rows at the end, at the cost of a copy. The file must be a table that `merge` has looked at.
   *
   * @throws what the system refuses; it is as it was then. ENOENT: somebody has removed it
   */
  async append(lines: readonly string[]): Promise<void> {
    await this.#replace(async target => {
      const endsWithLine = await target.copyOf(this.path);
      await target.add(`${endsWithLine ? '' : '\n'}${lines.join('\n')}`);
      return true;
    });
  }

  /** Removes what writers that died have left beside it. Only while no other process writes. */
  async removeLeftBehind(): Promise<void> {
    const [folder, name] = [dirname(this.path), basename(this.path)];
    for (const other of await readdir(folder))
      if (other.startsWith(`${name}.`) && temporaryEnd.test(other.slice(name.length)))
        await rm(join(folder, other), { force: true });
  }

  async #exists(): Promise<boolean> {
    const file = await open(this.path, 'r').catch(ifMissing);
    if (file === undefined) return false;
    const { size } = await file.stat().finally(() => file.close());
    return size > 0;
  }

  /** Its rows, if it is there and has any. */
  async *#lines(): AsyncIterable<string> {
    if (!(await this.#exists())) return;
    const input = createReadStream(this.path, 'utf8');
    const head = headOf(this.#columns).split('\n');
    try {
      for await (const line of createInterface({ input, crlfDelay: Infinity })) {
        const expected = head.shift();
        if (expected === undefined) {
          if (line.trim() !== '') yield line;
        } else if (line.startsWith('\0')) {
          // Written by a power failure.
          return;
        } else if (line.trimEnd() !== expected) {
          throw new Error(
            `${this.path} is another file than a table with the columns ${this.#columns.join(';')}: it begins with ${JSON.stringify(line.slice(0, 80))}. Move it away`,
          );
        }
      }
    } finally {
      input.destroy();
    }
  }

  /** @param write says whether there is anything new */
  async #replace(write: (target: NewFile) => Promise<boolean>): Promise<void> {
    const target = new NewFile(`${this.path}.${randomBytes(4).toString('hex')}.tmp`);
    try {
      if (await write(target)) await target.moveTo(this.path);
    } finally {
      await target.discard();
    }
  }
}

/** A file that grows in large pieces; one that stays small is made only when it is to be kept. */
class NewFile {
  readonly #path: string;
  #file: FileHandle | undefined;
  #piece = '';

  constructor(path: string) {
    this.#path = path;
  }

  /** @returns whether the copy ends with an end of line */
  async copyOf(path: string): Promise<boolean> {
    await copyFile(path, this.#path, constants.COPYFILE_FICLONE);
    this.#file = await open(this.#path, 'r+');
    const { size } = await this.#file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await this.#file.read(last, 0, 1, size - 1);
    await this.#file.close();
    this.#file = await open(this.#path, 'a');
    return last.toString() === '\n';
  }

  async add(text: string): Promise<void> {
    this.#piece += text;
    if (this.#piece.length >= pieceLength) await this.#write();
  }

  /**
   * A power failure may undo it, or leave the file empty: the disk is not waited for, as the next start of a worker mends what is missing.
   */
  async moveTo(path: string): Promise<void> {
    await this.#write();
    await this.#close();
    await rename(this.#path, path);
  }

  /** Removes it, unless it was moved. */
  async discard(): Promise<void> {
    await this.#close();
    await rm(this.#path, { force: true });
  }

  async #write(): Promise<void> {
    this.#file ??= await open(this.#path, 'w');
    const piece = this.#piece;
    this.#piece = '';
    await this.#file.writeFile(piece);
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

function changed(line: string, hasChange: boolean, change: RowChange): string | undefined {
  if (!hasChange) return line;
  if (typeof change !== 'object') return change;
  return change.ifStill === line ? undefined : line;
}

function ifMissing(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return undefined;
}
