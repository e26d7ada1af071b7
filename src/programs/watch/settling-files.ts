import { isSameIdentity, type FileIdentity } from '../upload/file-identity.js';

interface Settling {
  dueMs: number;
  /** As it was when it was looked at last. */
  identity: FileIdentity | undefined;
}

/**
 * Decides when a file is no longer being written: it has to be the same at two looks that are the settle time apart. One that
 * was changed longer ago than that when it is seen first need not wait. Pure: time and looks are passed in.
 */
export class SettlingFiles {
  readonly #settleMs: number;
  readonly #files = new Map<string, Settling>();

  constructor(settleMs: number) {
    this.#settleMs = settleMs;
  }

  get count(): number {
    return this.#files.size;
  }

  has(path: string): boolean {
    return this.#files.has(path);
  }

  /** Something happened to a file. */
  note(path: string, dueMs: number): void {
    const known = this.#files.get(path);
    if (known === undefined) this.#files.set(path, { dueMs, identity: undefined });
  }

  forget(path: string): void {
    this.#files.delete(path);
  }

  /** The files to look at now. */
  due(nowMs: number): string[] {
    return [...this.#files].filter(([, { dueMs }]) => dueMs <= nowMs).map(([path]) => path);
  }

  /**
   * Takes what a look has shown.
   * @param quietMs time since its last change, by the clock of the file system
   * @returns whether it is settled; it is forgotten then
   */
  looked(path: string, identity: FileIdentity, quietMs: number, nowMs: number): boolean {
    const file = this.#files.get(path);
    if (file === undefined) return false;
    const isSettled =
      file.identity === undefined ? quietMs >= this.#settleMs : isSameIdentity(file.identity, identity);
    if (isSettled) this.#files.delete(path);
    else {
      file.identity = identity;
      file.dueMs = nowMs + this.#settleMs;
    }
    return isSettled;
  }
}
