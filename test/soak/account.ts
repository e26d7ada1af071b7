import type { SentFile } from '../invariants/harness/sent-file.js';
import { runScript } from '../interop/python-program.js';

/** What became of the files. */
export interface Account {
  readonly resultCount: number;
  /** One sentence for each file without a result. */
  readonly lost: readonly string[];
  /** One sentence for each result that is not its file's. */
  readonly wrong: readonly string[];
  /** One sentence for each result beyond the first of its file that readers of committed records see. */
  readonly repeated: readonly string[];
}

/** Compares what librdkafka reads with the uploader's own record. */
export async function accountFor(
  files: readonly SentFile[],
  brokers: readonly string[],
  topic: string,
): Promise<Account> {
  const output = await runScript('read.py', ['--brokers', brokers.join(','), '--topic', topic]);
  const byPath = new Map(files.map(file => [file.path, file]));
  const idsByPath = new Map<string, Set<string>>();
  const wrong: string[] = [];
  const repeated: string[] = [];
  const lines = output.split('\n').filter(line => line !== '');
  for (const line of lines) {
    const { value, headers } = JSON.parse(line) as { value: string; headers: Record<string, string> };
    const text = (base64: string | undefined): string => Buffer.from(base64 ?? '', 'base64').toString();
    const result = JSON.parse(text(value)) as Record<string, unknown>;
    const file = byPath.get(String(result['filename']));
    if (file?.size !== result['size'] || file?.sha256 !== result['sha256'])
      wrong.push(`wrong result: ${text(value)}`);
    const path = text(headers['file-path']);
    if (idsByPath.has(path)) repeated.push(`repeated: ${path}`);
    idsByPath.set(path, (idsByPath.get(path) ?? new Set()).add(text(headers['result-id'])));
  }
  for (const [path, ids] of idsByPath)
    if (ids.size > 1) wrong.push(`${path}: results with different ids: ${[...ids].join(', ')}`);
  const lost = files.filter(({ path }) => !idsByPath.has(path)).map(({ path }) => `lost: ${path}`);
  return { resultCount: lines.length, lost, wrong, repeated };
}
