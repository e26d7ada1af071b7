import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { ProcessorOptions } from '../../src/definition/decorator-options.js';
import type { ReproducerDefinition } from '../../src/definition/reproducer-definition.js';
import type { Logger } from '../../src/logger.js';
import type { DataFile, DataFileInfo } from '../../src/processing/data-file.js';
import { FileProcessing, type FileProcessingOptions } from '../../src/processing/file-processing.js';
import type {
  FileOutcome,
  FileProgress,
  FileReady,
  FileSettled,
  OutgoingMessage,
} from '../../src/processing/file-work.js';
import type { ProcessorContext } from '../../src/processing/processor-context.js';
import { FakeClock } from './fake-clock.js';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export function recordingLogger(): { readonly logger: Logger; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const stream = new Writable({
    write(line: Buffer, _encoding, done) {
      lines.push(JSON.parse(line.toString()) as LogLine);
      done();
    },
  });
  return { logger: pino({ level: 'trace', base: null, timestamp: false }, stream), lines };
}

export function fileInfo(path: string, content = path): DataFileInfo {
  const slash = path.lastIndexOf('/');
  return {
    path,
    filename: path.slice(slash + 1),
    subdirectory: slash === -1 ? '' : path.slice(0, slash),
    sha512: createHash('sha512').update(content).digest('hex'),
    modifiedAtMs: 1_700_000_000_000,
    chunkCount: 2,
    source: {
      topic: 'instrument-files',
      partitions: [
        { partition: 0, firstOffset: '12', lastOffset: '15' },
        { partition: 1, firstOffset: '7', lastOffset: '9' },
      ],
    },
  };
}

export function fileReady(workId: number, path = `dir/f${workId}.txt`, content = path): FileReady {
  const encoded = new TextEncoder().encode(content);
  // Larger than the content, as the engine's reused buffers are.
  const bytes = new ArrayBuffer(encoded.length + 5);
  new Uint8Array(bytes).set(encoded);
  return { workId, info: fileInfo(path, content), bytes, size: encoded.length, resultId: `id${workId}` };
}

export function definition(
  options: ProcessorOptions = {},
  kind: ReproducerDefinition['kind'] = 'reproducer',
): ReproducerDefinition {
  return {
    kind,
    name: 'peaks',
    options: {},
    processor: { method: 'findPeaks', declaredBy: 'PeakFinder', options },
    cliOptions: [],
  };
}

export type FindPeaks = (file: DataFile, context: ProcessorContext) => unknown;

export interface HarnessOptions {
  readonly processor?: ProcessorOptions;
  readonly kind?: ReproducerDefinition['kind'];
  readonly worker?: Partial<FileProcessingOptions['options']>;
  readonly random?: () => number;
  readonly placeCalls?: FileProcessingOptions['placeCalls'];
  readonly onSettled?: (settled: FileSettled) => void;
}

/** A FileProcessing on a fake clock, with everything it says recorded. */
export function harness(findPeaks: FindPeaks, options: HarnessOptions = {}) {
  const clock = new FakeClock();
  const settled: FileSettled[] = [];
  const progress: FileProgress[] = [];
  const backOffs: string[] = [];
  const { logger, lines } = recordingLogger();
  const processing = new FileProcessing({
    definition: definition(options.processor, options.kind),
    instance: { findPeaks },
    options: {
      consumeTopic: 'instrument-files',
      ...(options.kind === 'file-processor' ? {} : { produceTopic: 'peak-tables' }),
      concurrency: 1,
      attempts: 3,
      backoffMs: 1000,
      ...options.worker,
    },
    logger,
    clock,
    random: options.random ?? (() => 0.5),
    placeCalls: options.placeCalls,
    onSettled: each => {
      settled.push(each);
      options.onSettled?.(each);
    },
    onBackOff: (workId, isBackingOff) => backOffs.push(`${workId} ${isBackingOff ? 'waits' : 'goes on'}`),
    onProgress: each => progress.push(each),
  });
  const outcomeOf = (workId: number): FileOutcome | undefined =>
    settled.find(each => each.workId === workId)?.outcome;
  const messages = (level: 'warn' | 'error') =>
    lines.filter(line => line.level === (level === 'warn' ? 40 : 50)).map(line => line.msg);
  return {
    clock,
    processing,
    settled,
    progress,
    backOffs,
    lines,
    outcomeOf,
    warnings: () => messages('warn'),
    errors: () => messages('error'),
  };
}

/** The outcome of one file that the method is called with once. */
export async function outcomeOfReturning(
  findPeaks: FindPeaks,
  options: HarnessOptions = {},
): Promise<FileOutcome> {
  const { processing, clock, settled } = harness(findPeaks, { worker: { attempts: 1 }, ...options });
  processing.submit(fileReady(1));
  await clock.runAll();
  if (settled.length !== 1) throw new Error(`expected one outcome, found ${settled.length}`);
  return settled[0]!.outcome;
}

export function messagesOf(outcome: FileOutcome): readonly OutgoingMessage[] {
  if (outcome.kind !== 'done') throw new Error(`expected messages, found ${JSON.stringify(outcome)}`);
  return outcome.messages;
}

export function valuesOf(outcome: FileOutcome): (string | null)[] {
  return messagesOf(outcome).map(({ value }) => (value === null ? null : Buffer.from(value).toString()));
}

/** `reason: message` of a failed outcome. */
export function failureOf(outcome: FileOutcome | undefined): string {
  return outcome?.kind === 'failed' ? `${outcome.reason}: ${outcome.error.message}` : JSON.stringify(outcome);
}
