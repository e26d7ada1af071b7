import { randomBytes } from 'node:crypto';
import { access, mkdir, readdir, realpath, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { isRunning } from '../../is-running.js';
import { partsFolderName } from '../../wire/safe-file-path.js';
import type { NameFolding } from '../name-folding.js';

/** The folder of a running process is touched so often, and taken for left behind when it was not touched for so long. */
const aliveIntervalMs = 60_000;
const leftBehindMs = 15 * 60_000;

/**
 * A folder below the output directory for the part files of one run, and the way to tell which folders of other runs were left
 * behind: several processes, on several hosts even, may share an output directory.
 */
export class PartsFolder {
  readonly #outputDir: string;
  readonly #name = `${hostname().replace(/[^\w.]/g, '_')}-${process.pid}-${randomBytes(4).toString('hex')}`;
  #made: Promise<string> | undefined;
  #root: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whether this run made the output directory. */
  #madeOutputDir = false;

  /** @param outputDir absolute */
  constructor(outputDir: string) {
    this.#outputDir = outputDir;
  }

  /** The output directory as `realpath` gives it; only after `make`. */
  get root(): string {
    return this.#root!;
  }

  /** Makes it unless it is there. @returns its path */
  make(): Promise<string> {
    this.#made ??= this.#make().catch((error: unknown) => {
      this.#made = undefined;
      throw error;
    });
    return this.#made;
  }

  /** Removes the folders of runs that crashed. @returns how many part files there were */
  async removeLeftBehind(): Promise<number> {
    const all = join(this.#outputDir, partsFolderName);
    let fileCount = 0;
    for (const name of await readdir(all).catch(() => [])) {
      const folder = join(all, name);
      if (name === this.#name || !(await isLeftBehind(folder, name))) continue;
      fileCount += (await readdir(folder).catch(() => [])).length;
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
    return fileCount;
  }

  /** Which names the file system takes for the same. */
  async probeNames(): Promise<NameFolding> {
    const folder = await this.make();
    const lower = join(folder, 'probe-\u00e9');
    await writeFile(lower, '');
    const exists = (name: string): Promise<boolean> =>
      access(join(folder, name)).then(
        () => true,
        () => false,
      );
    const folding = {
      foldsCase: await exists('PROBE-\u00e9'),
      foldsUnicode: await exists('probe-e\u0301'),
    };
    await rm(lower);
    return folding;
  }

  /** Removes it with all that is in it, and what is empty above it and was made for it. */
  async remove(): Promise<void> {
    clearInterval(this.#timer);
    const folder = await this.#made?.catch(() => undefined);
    if (folder === undefined) return;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    // Not empty: another process uses it.
    await rmdir(join(this.#outputDir, partsFolderName)).catch(() => undefined);
    if (this.#madeOutputDir) await rmdir(this.#outputDir).catch(() => undefined);
  }

  async #make(): Promise<string> {
    this.#madeOutputDir ||= (await mkdir(this.#outputDir, { recursive: true })) !== undefined;
    this.#root = await realpath(this.#outputDir);
    const folder = join(this.#root, partsFolderName, this.#name);
    await mkdir(folder, { recursive: true });
    this.#timer ??= setInterval(() => {
      const now = new Date();
      utimes(folder, now, now).catch(() => undefined);
    }, aliveIntervalMs).unref();
    return folder;
  }
}

async function isLeftBehind(folder: string, name: string): Promise<boolean> {
  const touchedMs = (await stat(folder).catch(() => undefined))?.mtimeMs;
  if (touchedMs === undefined) return false;
  if (Date.now() - touchedMs > leftBehindMs) return true;
  const [, host, pid] = /^(.*)-(\d+)-[0-9a-f]{8}$/.exec(name) ?? [];
  if (host !== hostname().replace(/[^\w.]/g, '_')) return false;
  // A container gives the same number to each process that runs in it.
  if (Number(pid) === process.pid) return touchedMs < Date.now() - process.uptime() * 1000;
  return !isRunning(Number(pid));
}
