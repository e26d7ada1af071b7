import type { EmbeddedKafka, StoredRecord } from '../embedded-kafka/index.js';
import { openBatch } from '../embedded-kafka/log/open-batch.js';
import { testResult, type TestResult } from './test-result.js';
import { visibleBatches, type Isolation } from './visible-batches.js';

/**
 * Reads the results on a topic straight from the broker's memory, whatever their compression. Messages of other programs
 * are among them, with an empty `file`.
 *
 * @param options - `isolation`: `read_committed` by default, so results of aborted transactions are not there
 * @returns by path of the file, then in the order of partition and offset; empty when there is no such topic
 */
export async function readResults(
  kafka: EmbeddedKafka,
  topic: string,
  options: { readonly isolation?: Isolation } = {},
): Promise<TestResult[]> {
  const { isolation = 'read_committed' } = options;
  const results: TestResult[] = [];
  for (let partition = 0; partition < kafka.partitionCount(topic); partition++) {
    const { start } = kafka.offsets(topic, partition);
    for (const batch of visibleBatches(kafka.batches(topic, partition), isolation)) {
      const records = await openBatch(batch.bytes);
      results.push(...records.filter(({ offset }) => offset >= start).map(record => resultOf(topic, record)));
    }
  }
  return results.sort((a, b) => (a.file < b.file ? -1 : Number(a.file > b.file)));
}

/**
 * The decoded values of results by path of the file: JSON values, texts where a value is no JSON.
 *
 * ```ts
 * expect(valuesByFile(await readResults(kafka, 'peak-tables'))).toEqual({ 'a.xy': [{ peaks: 3 }] });
 * ```
 */
export function valuesByFile(results: readonly TestResult[]): Record<string, unknown[]> {
  const values: Record<string, unknown[]> = {};
  for (const { file, json, text } of results) (values[file] ??= []).push(json ?? text);
  return values;
}

function resultOf(topic: string, { key, value, headers }: StoredRecord): TestResult {
  const texts = headers.map(({ name, value: text }) => [name, text?.toString() ?? ''] as const);
  return testResult({ topic, key, value, headers: Object.fromEntries(texts) });
}
