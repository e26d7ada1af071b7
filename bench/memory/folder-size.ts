import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes of all files in a folder and below, read every 100 ms. */
export class FolderSize {
  peakBytes = 0;
  readonly #timer: NodeJS.Timeout;

  constructor(folder: string) {
    this.#timer = setInterval(() => (this.peakBytes = Math.max(this.peakBytes, sizeOf(folder))), 100);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function sizeOf(folder: string): number {
  try {
    const names = readdirSync(folder, { recursive: true }) as string[];
    const stats = names.map(name => statSync(join(folder, name), { throwIfNoEntry: false }));
    return stats.reduce((sum, found) => sum + (found?.isFile() === true ? found.size : 0), 0);
  } catch {
    // A folder that is removed meanwhile.
    return 0;
  }
}
