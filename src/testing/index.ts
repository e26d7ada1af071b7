/**
 * Tests of decorated classes: without a broker, or on a Kafka broker inside the test's own process. Works in every test
 * runner; nothing here waits by sleeping.
 *
 * ```ts
 * const kafka = await TestKafka.start();
 * const worker = await runReproducerInTest(PeakFinder, { kafka });
 * await uploadFiles(kafka, 'instrument-files', { 'a.xy': '20.0 17\n' });
 * await worker.untilFile('a.xy');
 * console.log(valuesByFile(await worker.results()));
 * await kafka.stop();
 * ```
 */
export { processFile, type ProcessedFile, type ProcessFileOptions } from './process-file.js';
export { readResults, valuesByFile } from './read-results.js';
export type { BadInput, FileEnd, ReproducerInTest } from './reproducer-in-test.js';
export { runReproducerInTest, type RunReproducerInTestOptions } from './run-reproducer-in-test.js';
export type { TestFile, TestFiles } from './test-file.js';
export { TestKafka, type TestKafkaOptions } from './test-kafka.js';
export type { TestResult } from './test-result.js';
export { until, type WaitOptions } from './until.js';
export { uploadFiles, type UploadedMessage, type UploadFilesOptions } from './upload-files.js';
export type { ChunkChoice, UploadFault } from './upload-faults.js';
export type { Isolation } from './visible-batches.js';
export {
  VirtualClock,
  type CoordinatorMove,
  type Fault,
  type FaultOptions,
  type Faults,
  type GroupOffset,
  type GroupView,
  type LogBatch,
  type StoredRecord,
  type TransactionView,
} from '../embedded-kafka/index.js';
export type { LogLine } from '../logger.js';
