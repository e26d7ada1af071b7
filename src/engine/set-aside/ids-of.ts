import type { OpenFile } from '../open-file.js';

/** Ids of the entries of these files. */
export function idsOf(
  files: ReadonlySet<OpenFile>,
  entries: ReadonlyMap<number, { readonly file: OpenFile }>,
): number[] {
  return [...entries].filter(([, { file }]) => files.has(file)).map(([id]) => id);
}
