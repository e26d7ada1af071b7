import type { EmbeddedKafka, LogBatch } from '../embedded-kafka/index.js';
import { batchHeaderBytes } from '../embedded-kafka/protocol/record-batch.js';
import { readRecords, type StoredRecord } from '../embedded-kafka/protocol/records.js';
import { gzipCodec } from '../kafka/kafkajs/compression/gzip-codec.js';
import { lz4Codec } from '../kafka/kafkajs/compression/lz4-codec.js';
import { snappyCodec } from '../kafka/kafkajs/compression/snappy-codec.js';
import { zstdCodec } from '../kafka/kafkajs/compression/zstd-codec.js';
import { testResult, type TestResult } from './test-result.js';
import { visibleBatches, type Isolation } from './visible-batches.js';

const codecs = { gzip: gzipCodec, lz4: lz4Codec, snappy: snappyCodec, zstd: zstdCodec };
const maxBatchBytes = 2 ** 30;

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
      const records = await recordsOf(batch);
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

async function recordsOf(batch: LogBatch): Promise<StoredRecord[]> {
  const { compression, bytes } = batch;
  if (compression === 'none') return readRecords(bytes, records => records);
  if (compression === 'unknown') throw new Error('a batch has a compression that Kafka does not know');
  const plain = await codecs[compression].decompress(bytes.subarray(batchHeaderBytes), maxBatchBytes);
  return readRecords(bytes, () => plain);
}

function resultOf(topic: string, { key, value, headers }: StoredRecord): TestResult {
  const texts = headers.map(({ name, value: text }) => [name, text?.toString() ?? ''] as const);
  return testResult({ topic, key, value, headers: Object.fromEntries(texts) });
}
