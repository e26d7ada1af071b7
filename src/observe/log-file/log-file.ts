import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import { rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isAtLeast, type Logger, type LogLevel } from '../../logger.js';
import { withLock } from '../../registry/folder-lock.js';
import { nameInFile } from '../../registry/name-in-file.js';
import { tapLogger, type LoggedCall } from '../tap-logger.js';
import { lineText, missingText } from './line-text.js';

export interface LogFileOptions {
  /** Absolute; made when there is something to write. */
  readonly folder: string;
  /** Of the class or program: the file has it, and so has each line. */
  readonly name: string;
  /** Least important lines that are written. */
  readonly level: LogLevel;
  /** A file that is larger gets the end `.1`, in place of the one that had it. */
  readonly mostBytes?: number;
  readonly now?: () => Date;
}

const usuallyMostBytes = 10_000_000;

/**
 * The log file that OpenMSIStream's programs keep beside their tables of files: warnings and errors, for people and their scripts.
 *
 * Each line is written at once and as a whole to the end of the file, which is opened for it: what was logged before a kill is there,
 * several processes may share the file, and somebody may move it away. A disk that takes nothing costs one warning, never the work.
 */
export class LogFile {
  readonly path: string;
  readonly #options: LogFileOptions;
  readonly #mostBytes: number;
  readonly #now: () => Date;
  #warn: (reason: string) => void = () => undefined;
  #hasWarned = false;
  #missingCount = 0;
  #isMoving = false;
  /** It was found to be, after its size was looked at for the last time to move it away. */
  #isTooLarge = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.path = join(options.folder, `${nameInFile(options.name)}.log`);
    this.#mostBytes = options.mostBytes ?? usuallyMostBytes;
    this.#now = options.now ?? (() => new Date());
  }

  /** @returns a logger that writes to `logger` and to this file, with all its children */
  tap(logger: Logger): Logger {
    this.#warn = reason => {
      const { path } = this;
      const message = `the log file ${path} cannot be kept: ${reason}. The work goes on, and lines are printed alone; --log-file-level silent does without the file`;
      logger.warn({ path, reason }, message);
    };
    return tapLogger(logger, call => {
      if (isAtLeast(call.level, this.#options.level)) this.#add(call);
    });
  }

  #add(call: LoggedCall): void {
    const { name } = this.#options;
    const now = this.#now();
    const isAfterTrouble = this.#missingCount > 0;
    try {
      // A line that a full disk cut off must not be continued.
      const before = isAfterTrouble ? `\n${missingText(name, this.#missingCount, now)}` : '';
      const size = this.#append(`${before}${lineText(name, call, now)}`);
      this.#missingCount = 0;
      if (size > this.#mostBytes) void this.#moveAway();
    } catch (error) {
      this.#missingCount += 1;
      this.#failed(error);
    }
  }

  /** @returns the bytes that are in the file then */
  #append(text: string): number {
    const file = this.#open();
    try {
      appendFileSync(file, text);
      return fstatSync(file).size;
    } finally {
      closeSync(file);
    }
  }

  #open(): number {
    try {
      return openSync(this.path, 'a');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      mkdirSync(dirname(this.path), { recursive: true });
      return openSync(this.path, 'a');
    }
  }

  /** Of several processes that find it too large, one does it. */
  async #moveAway(): Promise<void> {
    this.#isTooLarge = true;
    if (this.#isMoving) return;
    this.#isMoving = true;
    try {
      // It may become so again before this has ended.
      while (this.#takeIsTooLarge()) await withLock(`${this.path}.lock`, () => this.#rename());
    } catch (error) {
      this.#failed(error);
    }
    this.#isMoving = false;
  }

  #takeIsTooLarge(): boolean {
    const isTooLarge = this.#isTooLarge;
    this.#isTooLarge = false;
    return isTooLarge;
  }

  async #rename(): Promise<void> {
    const there = await stat(this.path).catch(() => undefined);
    if (there !== undefined && there.size > this.#mostBytes) await rename(this.path, `${this.path}.1`);
  }

  #failed(error: unknown): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#warn((error as Error).message);
  }
}
