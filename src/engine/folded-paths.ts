import { exactNames, foldPath, type NameFolding } from '../assembly/name-folding.js';
import { UnsafePathError } from '../errors.js';
import type { OpenFile } from './open-file.js';

/** Open files by path, where the file system takes different names for one: only one of these may be open. */
export class FoldedPaths {
  readonly #files = new Map<string, Set<OpenFile>>();
  /** How the file system takes names, from the next file on. */
  folding: NameFolding = exactNames;

  /** @throws {UnsafePathError} a file is open that the file system would take for the same one */
  check(path: string): void {
    if (!this.#foldsNames) return;
    for (const { version } of this.#files.get(foldPath(path, this.folding)) ?? []) {
      const open = version.identity.path;
      if (open !== path)
        throw new UnsafePathError(
          `unsafe path: ${JSON.stringify(path)} and ${JSON.stringify(open)}, which is open, are one file in the output directory`,
        );
    }
  }

  enter(file: OpenFile): void {
    if (!this.#foldsNames) return;
    const folded = foldPath(file.version.identity.path, this.folding);
    this.#files.set(folded, (this.#files.get(folded) ?? new Set()).add(file));
  }

  leave(file: OpenFile): void {
    if (!this.#foldsNames) return;
    const folded = foldPath(file.version.identity.path, this.folding);
    const files = this.#files.get(folded);
    files?.delete(file);
    if (files?.size === 0) this.#files.delete(folded);
  }

  get #foldsNames(): boolean {
    return this.folding.foldsCase || this.folding.foldsUnicode;
  }
}
