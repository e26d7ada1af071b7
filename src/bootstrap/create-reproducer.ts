import type { ReproducerClass } from '../definition/reproducer-definition.js';
import { loadEngine } from '../engine/start-engine.js';
import type { RunSummary } from '../observe/run-summary.js';
import { isChild, offerClass } from './isolation/class-offer.js';
import { dormantReproducer } from './isolation/dormant-reproducer.js';
import { defineReproducer, prepareRun } from './prepare-run.js';
import { ReproducerWorker } from './reproducer-worker.js';
import type { CreateReproducerOptions } from './run-options.js';
import type { WorkerEvents, WorkerState } from './worker-events.js';

/** A worker as a program of its own handles it. */
export interface ReproducerHandle {
  /**
   * Makes the instance, resolves the configuration, calls `onStart` and starts reading. Resolves then; an unreachable
   * broker is waited for in the background.
   *
   * @throws {IllegalStateError} it was started before
   * @throws {UsageError} with all mistakes of the class or the configuration
   * @throws {ProcessorError} `onStart` threw
   */
  start(): Promise<void>;
  /**
   * Stops reading, lets running calls end until `drainTimeout` has passed, commits, leaves the group. Calling it again, or after
   * the end, gives the same summary.
   *
   * @throws {IllegalStateError} it was never started
   */
  stop(): Promise<RunSummary>;
  readonly state: WorkerState;
  /** What was done so far. */
  summary(): RunSummary;
  /**
   * Calls the listener at each event; what it throws is logged and changes nothing.
   * @returns ends the subscription
   */
  on<K extends keyof WorkerEvents>(event: K, listener: (value: WorkerEvents[K]) => void): () => void;
  /** Resolves with the last summary when the worker is stopped or failed, e.g. by `untilIdle`. Never rejects. */
  readonly ended: Promise<RunSummary>;
}

/**
 * Makes a worker out of a decorated class, for programs of their own: no signals, no exit code, no command line.
 *
 * Options given here override configuration file and environment. `argv` may hold flags, `--config FILE` among them.
 *
 * ```ts
 * const worker = createReproducer(PeakFinder, { brokers: 'localhost:9092', untilIdle: '5s' });
 * worker.on('file-failed', ({ file, error }) => alert(file.path, error));
 * await worker.start();
 * console.log(await worker.ended);
 * ```
 */
export function createReproducer<T extends object>(
  target: ReproducerClass<T>,
  options: CreateReproducerOptions<T> = {},
): ReproducerHandle {
  if (isChild()) {
    offerClass(target, options);
    return dormantReproducer(target.name);
  }
  return new ReproducerWorker({
    name: target.name,
    prepare: async () => prepareRun(await defineReproducer(target, options), options),
    loadEngine: () => loadEngine(options.hosting ?? 'thread'),
  });
}
