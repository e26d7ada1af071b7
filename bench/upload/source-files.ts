import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { seededBytes } from '../../test/invariants/harness/seeded-random.js';
import { chunkBytes } from './uploaders.js';

/** Many files of one size. */
export interface UploadCase {
  readonly name: string;
  readonly fileCount: number;
  readonly fileBytes: number;
}

export const uploadCases: readonly UploadCase[] = [
  { name: 'large', fileCount: 200, fileBytes: 5 * 1024 * 1024 },
  { name: 'small', fileCount: 1000, fileBytes: 64 * 1024 },
];

/** The files of a case in a folder of their own, in folders of ten. Incompressible. */
export class SourceFiles {
  readonly folder = mkdtempSync(join(tmpdir(), 'bench-upload-files-'));
  readonly chunkCount: number;

  constructor(readonly of: UploadCase) {
    this.chunkCount = of.fileCount * Math.ceil(of.fileBytes / chunkBytes);
    for (let at = 0; at < of.fileCount; at += 1) {
      const path = join(this.folder, `run-${Math.floor(at / 10)}`, `scan-${at}.raw`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, seededBytes(`${of.name}/${at}`, of.fileBytes));
    }
  }

  /** The Python original keeps what it sent beside the files, and would send nothing again. */
  removeTraces(): void {
    rmSync(join(this.folder, 'LOGS'), { recursive: true, force: true });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
