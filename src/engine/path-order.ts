import type { OpenFile } from './open-file.js';

/**
 * Versions of one path that are whole and without outcome, in the order in which they became whole. Only the first one
 * may be processed: the method never sees two contents of a path at a time, and results come in that order.
 */
export class PathOrder {
  readonly #lines = new Map<string, OpenFile[]>();

  enter(file: OpenFile): void {
    const { path } = file.version.identity;
    const line = this.#lines.get(path);
    if (line === undefined) this.#lines.set(path, [file]);
    else line.push(file);
  }

  isFirst(file: OpenFile): boolean {
    return this.#lines.get(file.version.identity.path)?.[0] === file;
  }

  /** @returns the version whose turn it is now, when the one that left was the first */
  leave(file: OpenFile): OpenFile | undefined {
    const { path } = file.version.identity;
    const line = this.#lines.get(path);
    const at = line?.indexOf(file) ?? -1;
    if (line === undefined || at < 0) return undefined;
    line.splice(at, 1);
    if (line.length === 0) this.#lines.delete(path);
    return at === 0 ? line[0] : undefined;
  }

  clear(): void {
    this.#lines.clear();
  }
}
