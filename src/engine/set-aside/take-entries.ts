import type { OpenFile } from '../open-file.js';

/** Takes the entries of these files out. @returns their ids */
export function takeEntriesOf(
  files: ReadonlySet<OpenFile>,
  entries: Map<number, { readonly file: OpenFile }>,
): number[] {
  const ids = [...entries].filter(([, { file }]) => files.has(file)).map(([id]) => id);
  for (const id of ids) entries.delete(id);
  return ids;
}
