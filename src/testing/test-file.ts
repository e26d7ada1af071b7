import type { FileToUpload } from '../programs/upload/chunk-messages.js';

/** A file as a test writes it down. */
export interface TestFile {
  /** Relative path with `/`, as it is to arrive: `xrd/silicon.xy`. */
  readonly path: string;
  /** A text is sent as UTF-8. */
  readonly bytes: Uint8Array | string;
  /** Last change of the source file; default: not told. */
  readonly modifiedAt?: Date;
}

/** Several files: a list, or contents by path. */
export type TestFiles = readonly TestFile[] | Readonly<Record<string, Uint8Array | string>>;

export function filesToUpload(files: TestFiles): FileToUpload[] {
  const list = isList(files) ? files : Object.entries(files).map(([path, bytes]) => ({ path, bytes }));
  return list.map(fileToUpload);
}

export function fileToUpload({ path, bytes, modifiedAt }: TestFile): FileToUpload {
  const content = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  return { path, bytes: content, ...(modifiedAt === undefined ? {} : { modifiedAt }) };
}

function isList(files: TestFiles): files is readonly TestFile[] {
  return Array.isArray(files);
}
