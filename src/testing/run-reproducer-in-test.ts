import { defineReproducer, prepareRun, type PreparedRun } from '../bootstrap/prepare-run.js';
import { ReproducerWorker } from '../bootstrap/reproducer-worker.js';
import type { CreateReproducerOptions } from '../bootstrap/run-options.js';
import type { ReproducerClass } from '../definition/reproducer-definition.js';
import { loadEngine } from '../engine/start-engine.js';
import { CapturedLog } from './captured-log.js';
import { ReproducerInTest } from './reproducer-in-test.js';
import type { TestKafka } from './test-kafka.js';

/** As for `createReproducer`, with a broker. */
export interface RunReproducerInTestOptions<T extends object = object> extends Omit<
  CreateReproducerOptions<T>,
  'brokers'
> {
  readonly kafka: TestKafka;
  /** Partitions of the topic with the chunks, if it does not exist yet; default 3. The results' topic gets one. */
  readonly partitions?: number;
}

/**
 * Starts a class on a test's broker, in the test's own process and thread, and resolves when it reads.
 *
 * Topics that do not exist are created. The process's environment has no influence unless `env` is given, and the log is
 * kept for the test instead of written, unless `logger` is given. The method runs in the test's thread, unless `isolation` is given, and no tables of files are written, unless `tables` is. `kafka.stop()` stops the worker too.
 *
 * ```ts
 * const worker = await runReproducerInTest(PeakFinder, { kafka, argv: ['--minimum-height', '80'] });
 * await uploadFiles(kafka, 'instrument-files', { 'a.xy': scan });
 * await worker.untilFile('a.xy');
 * expect(valuesByFile(await worker.results())).toEqual({ 'a.xy': [{ peaks: 3 }] });
 * ```
 * @throws {UsageError} with all mistakes of the class or its options
 * @throws {ProcessorError} `onStart` threw
 */
export async function runReproducerInTest<T extends object>(
  target: ReproducerClass<T>,
  { kafka, partitions = 3, ...given }: RunReproducerInTestOptions<T>,
): Promise<ReproducerInTest> {
  const log = new CapturedLog('debug');
  const options = {
    env: {},
    logger: log.logger,
    isolation: 'none' as const,
    tables: 'none',
    ...given,
    brokers: kafka.brokers,
  };
  let prepared: PreparedRun | undefined;
  const worker = new ReproducerWorker({
    name: target.name,
    loadEngine: () => loadEngine(options.hosting ?? 'inline'),
    prepare: async () => {
      prepared = prepareRun(await defineReproducer(target, options), options);
      const { consumeTopic, produceTopic } = prepared.configuration.options;
      kafka.ensureTopic(consumeTopic, partitions);
      if (produceTopic !== undefined) kafka.ensureTopic(produceTopic, 1);
      return prepared;
    },
  });
  const running = new ReproducerInTest(kafka, worker, log, () => prepared!.configuration.options);
  await worker.start();
  const forget = kafka.onStop(() => worker.stop());
  void worker.ended.then(forget);
  return running;
}
