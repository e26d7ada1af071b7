import type { ReadMessage } from './topic-reader.js';
import type { SentFile } from './sent-file.js';

/** What is on the result topic, by path of the file. */
export function resultsByPath(messages: readonly ReadMessage[]): Map<string, ReadMessage[]> {
  const byPath = new Map<string, ReadMessage[]>();
  for (const message of messages) {
    const path = message.headers['file-path']!;
    byPath.set(path, [...(byPath.get(path) ?? []), message]);
  }
  return byPath;
}

/**
 * Compares the result topic with what was uploaded.
 * @returns one sentence per difference: a missing file, a wrong hash or size, a repeated result with another id, a
 *   result that belongs to no file
 */
export function differences(files: readonly SentFile[], messages: readonly ReadMessage[]): string[] {
  const byPath = resultsByPath(messages);
  const found: string[] = [];
  for (const file of files) {
    const results = byPath.get(file.path) ?? [];
    byPath.delete(file.path);
    if (results.length === 0) found.push(`${file.path}: no result`);
    for (const { value } of results) {
      const { filename, size, sha256 } = JSON.parse(value.toString()) as Record<string, unknown>;
      if (filename !== file.path || size !== file.size || sha256 !== file.sha256)
        found.push(`${file.path}: wrong result ${value.toString()}`);
    }
    const ids = new Set(results.map(({ headers }) => headers['result-id']));
    if (ids.size > 1 || ids.has(undefined))
      found.push(`${file.path}: ${results.length} results with the ids ${[...ids].map(String).join(', ')}`);
  }
  for (const path of byPath.keys()) found.push(`${path}: a result, but no such file was sent`);
  return found;
}
