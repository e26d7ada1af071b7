import type * as PromModule from 'prom-client';
import type { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { EngineProgress } from '../../engine/engine.js';
import type { EngineReport } from '../../engine/reports.js';

/** prom-client, which is loaded only when somebody wants metrics. */
export type PromClient = Pick<
  typeof PromModule,
  'Counter' | 'Gauge' | 'Histogram' | 'Registry' | 'collectDefaultMetrics'
>;

/** What distinguishes this worker from others in one Prometheus. */
export interface WorkerLabels {
  readonly name: string;
  readonly version: string;
  readonly topic: string;
  readonly group: string;
}

const states = ['connecting', 'standing-by', 'running', 'draining', 'ended'] as const;
/** Seconds: a method may take milliseconds or the better part of an hour. */
const methodBuckets = [0.005, 0.02, 0.1, 0.5, 1, 5, 15, 60, 300, 1800];
const commitBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30];

/** Turns what the engine tells into metrics. Every name begins with `reproducer_`; times are seconds, sizes bytes. */
export class RunMetrics {
  readonly registry: Registry;
  readonly #prom: PromClient;
  readonly #files: Counter<'outcome'>;
  readonly #failures: Counter<'reason'>;
  readonly #badMessages: Counter<'code'>;
  readonly #fileBytes: Counter;
  readonly #results: Counter;
  readonly #resultBytes: Counter;
  readonly #retries: Counter;
  readonly #lostRecords: Counter;
  readonly #lostPartitions: Counter;
  readonly #methodSeconds: Histogram;
  readonly #fileSeconds: Histogram;
  readonly #commitSeconds: Histogram<'kind' | 'result'>;
  readonly #records: Counter;
  readonly #recordBytes: Counter;
  readonly #openFiles: Gauge;
  readonly #pipelineFiles: Gauge;
  readonly #heldBytes: Gauge;
  readonly #memoryBytes: Gauge;
  readonly #diskBytes: Gauge;
  readonly #droppedBytes: Counter;
  readonly #setAside: Counter<'reason'>;
  readonly #stalled: Counter;
  readonly #resumed: Counter;
  readonly #deaths: Counter;
  readonly #isPaused: Gauge;
  readonly #oldestSeconds: Gauge;
  readonly #lag: Gauge<'partition'>;
  readonly #partitions: Gauge;
  readonly #state: Gauge<'state'>;
  /** What the engine counted up to the last progress. */
  #lastRecords = { recordCount: 0, recordBytes: 0 };

  constructor(prom: PromClient, labels: WorkerLabels) {
    this.#prom = prom;
    this.registry = new prom.Registry();
    prom.collectDefaultMetrics({ register: this.registry });
    this.#gauge('worker_info', 'Which worker this is; always 1', Object.keys(labels)).set({ ...labels }, 1);
    this.#files = this.#counter('files_total', 'Files that have an outcome', ['outcome']);
    this.#failures = this.#counter('file_failures_total', 'Files that were given up, by reason', ['reason']);
    this.#badMessages = this.#counter('bad_messages_total', 'Messages that are no usable chunk', ['code']);
    this.#fileBytes = this.#counter('file_bytes_total', 'Bytes of the files that are done');
    this.#results = this.#counter('results_total', 'Results produced');
    this.#resultBytes = this.#counter('result_bytes_total', 'Bytes of the values of results produced');
    this.#retries = this.#counter(
      'method_retries_total',
      'Calls of the method beyond the first of each file',
    );
    this.#lostRecords = this.#counter(
      'lost_records_total',
      'Records that retention removed before they were read',
    );
    this.#lostPartitions = this.#counter('lost_partitions_total', 'Partitions that went to another worker');
    this.#methodSeconds = this.#histogram(
      'method_seconds',
      'Calls of the method for one file',
      methodBuckets,
    );
    this.#fileSeconds = this.#histogram(
      'file_seconds',
      'From the first chunk to the last result',
      methodBuckets,
    );
    this.#commitSeconds = this.#histogram(
      'commit_seconds',
      'Commits of offsets, or transactions',
      commitBuckets,
      ['kind', 'result'],
    );
    this.#records = this.#counter('records_total', 'Messages read');
    this.#recordBytes = this.#counter('record_bytes_total', 'Bytes of the values of messages read');
    this.#openFiles = this.#gauge('open_files', 'Files with at least one chunk and no outcome');
    this.#pipelineFiles = this.#gauge('whole_files', 'Of the open files, those whose chunks are all there');
    this.#heldBytes = this.#gauge('held_bytes', 'Bytes of chunks held, in memory and on disk');
    this.#diskBytes = this.#gauge(
      'disk_bytes',
      'Bytes of unfinished files on disk, which count against the disk budget',
    );
    this.#droppedBytes = this.#counter(
      'dropped_bytes_total',
      'Bytes of unfinished files that were given up to keep the disk budget',
    );
    this.#memoryBytes = this.#gauge(
      'memory_bytes',
      'Bytes in memory that count against the budget: chunks, what is on its way to disk, results',
    );
    this.#oldestSeconds = this.#gauge(
      'oldest_open_file_seconds',
      'Age of the file that is open longest; 0: none',
    );
    this.#stalled = this.#counter('stalled_files_total', 'Files of which no chunk came for a while');
    this.#setAside = this.#counter('set_aside_files_total', 'Incomplete files that were set aside', [
      'reason',
    ]);
    this.#resumed = this.#counter('resumed_files_total', 'Files set aside of which more chunks came');
    this.#deaths = this.#counter('dead_runs_total', 'Other runs of the worker that ended without a word');
    this.#isPaused = this.#gauge('reading_paused', '1 while reading waits for the method or for results');
    this.#lag = this.#gauge('partition_lag', 'Messages not read yet', ['partition']);
    this.#partitions = this.#gauge('partitions', 'Partitions that this worker reads');
    this.#state = this.#gauge('state', 'What the worker does: 1 for one of the states', ['state']);
  }

  onReport(report: EngineReport): void {
    switch (report.kind) {
      case 'file-done':
        this.#files.inc({ outcome: report.skipped === undefined ? 'done' : 'skipped' });
        this.#fileBytes.inc(report.size);
        this.#results.inc(report.messageCount);
        this.#resultBytes.inc(report.messageBytes);
        this.#fileSeconds.observe(report.totalMs / 1000);
        return this.#called(report);
      case 'file-failed':
        this.#files.inc({ outcome: 'failed' });
        this.#failures.inc({ reason: report.reason });
        return this.#called(report);
      case 'duplicate-version':
        return this.#files.inc({ outcome: 'duplicate' });
      case 'file-superseded':
        return this.#files.inc({ outcome: 'superseded' });
      case 'bad-input':
        return this.#badMessages.inc({ code: report.code });
      case 'partitions-lost':
        return this.#lostPartitions.inc(report.partitions.length);
      case 'file-stalled':
        return this.#stalled.inc();
      case 'file-set-aside':
        return this.#setAside.inc({ reason: report.reason });
      case 'file-resumed':
        return this.#resumed.inc();
      case 'run-died':
        return this.#deaths.inc();
      case 'backpressure':
        return this.#isPaused.set(report.paused ? 1 : 0);
      case 'bytes-dropped':
        return this.#droppedBytes.inc(report.byteLength);
      case 'position-reset':
        if (report.found > report.expected) this.#lostRecords.inc(Number(report.found - report.expected));
        return;
      default:
    }
  }

  onProgress(progress: EngineProgress): void {
    const { recordCount, recordBytes } = progress;
    this.#records.inc(recordCount - this.#lastRecords.recordCount);
    this.#recordBytes.inc(recordBytes - this.#lastRecords.recordBytes);
    this.#lastRecords = { recordCount, recordBytes };
    this.#openFiles.set(progress.openFileCount);
    this.#pipelineFiles.set(progress.pipelineFileCount);
    this.#heldBytes.set(progress.heldBytes);
    this.#memoryBytes.set(progress.memoryBytes ?? 0);
    this.#diskBytes.set(progress.diskBytes ?? 0);
    this.#oldestSeconds.set((progress.openFiles[0]?.ageMs ?? 0) / 1000);
    this.#partitions.set(progress.partitions.length);
    // Partitions that another worker reads now must not keep their last value.
    this.#lag.reset();
    for (const { partition, lag } of progress.partitionLags) this.#lag.set({ partition }, lag);
    for (const state of states) this.#state.set({ state }, state === progress.state ? 1 : 0);
    for (const { kind, result, durationMs } of progress.commits)
      this.#commitSeconds.observe({ kind, result }, durationMs / 1000);
  }

  #called({ attempts, processingMs }: { readonly attempts: number; readonly processingMs: number }): void {
    if (attempts === 0) return;
    this.#methodSeconds.observe(processingMs / 1000);
    this.#retries.inc(attempts - 1);
  }

  #counter<T extends string>(name: string, help: string, labelNames: readonly T[] = []): Counter<T> {
    return new this.#prom.Counter({
      name: `reproducer_${name}`,
      help,
      labelNames,
      registers: [this.registry],
    });
  }

  #gauge<T extends string>(name: string, help: string, labelNames: readonly T[] = []): Gauge<T> {
    return new this.#prom.Gauge({ name: `reproducer_${name}`, help, labelNames, registers: [this.registry] });
  }

  #histogram<T extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly T[] = [],
  ): Histogram<T> {
    const registers = [this.registry];
    return new this.#prom.Histogram({ name: `reproducer_${name}`, help, buckets, labelNames, registers });
  }
}
