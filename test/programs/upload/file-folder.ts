import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder with files for one test. */
export class FileFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'kafka-reproducer-files-'));

  local(path: string): string {
    return join(this.path, path);
  }

  write(path: string, content: string | Uint8Array): string {
    const local = this.local(path);
    mkdirSync(dirname(local), { recursive: true });
    writeFileSync(local, content);
    return local;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
