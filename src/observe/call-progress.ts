import type { FileProgress } from '../processing/file-work.js';

/** So many calls are named in a line. */
const namedCalls = 3;

/** How far the method says it is with the files it works on (`context.progress`). */
export class CallProgress {
  readonly #files = new Map<number, { readonly path: string; fraction?: number }>();

  /** A file was handed to the method or waits for it. */
  begin(workId: number, path: string): void {
    this.#files.set(workId, { path });
  }

  report({ workId, fraction }: FileProgress): void {
    const file = this.#files.get(workId);
    if (file !== undefined) file.fraction = fraction;
  }

  /** The file has its outcome. */
  end(workId: number): void {
    this.#files.delete(workId);
  }

  /** `a.xy 40 %`, for the first few of those that say it. */
  texts(): string[] {
    return [...this.#files.values()]
      .flatMap(({ path, fraction }) =>
        fraction === undefined ? [] : `${path} ${Math.floor(fraction * 100)} %`,
      )
      .slice(0, namedCalls);
  }
}
