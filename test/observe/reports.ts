import type { EngineProgress } from '../../src/engine/engine.js';
import type { EngineReport } from '../../src/engine/reports.js';
import type { Logger } from '../../src/logger.js';
import type { DataFileInfo } from '../../src/processing/data-file.js';

export interface LoggedLine {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** A logger that keeps its lines. */
export function recordingLogger(): { logger: Logger; lines: LoggedLine[]; messages: () => string[] } {
  const lines: LoggedLine[] = [];
  const write =
    (level: string) =>
    (fields: object, message = ''): void => {
      lines.push({ level, fields: { ...fields }, message });
    };
  const logger = {
    level: 'debug',
    ...Object.fromEntries(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal'].map(level => [level, write(level)]),
    ),
    child: () => logger,
  } as unknown as Logger;
  return { logger, lines, messages: () => lines.map(line => line.message) };
}

export function fileInfo(path: string, partitions = [0]): DataFileInfo {
  return {
    path,
    filename: path.split('/').at(-1)!,
    subdirectory: path.split('/').slice(0, -1).join('/'),
    sha512: 'ab'.repeat(64),
    chunkCount: 3,
    source: {
      topic: 'raw',
      partitions: partitions.map(partition => ({ partition, firstOffset: '12', lastOffset: '14' })),
    },
  };
}

export function doneReport(path: string, parts: Partial<EngineReport & { kind: 'file-done' }> = {}) {
  return {
    kind: 'file-done',
    file: fileInfo(path),
    size: 1_258_291,
    messageCount: 1,
    messageBytes: 27,
    attempts: 1,
    processingMs: 45.2,
    totalMs: 812.4,
    ...parts,
  } as const;
}

export function failedReport(path: string, parts: Partial<EngineReport & { kind: 'file-failed' }> = {}) {
  return {
    kind: 'file-failed',
    file: fileInfo(path),
    size: 10,
    reason: 'threw',
    error: 'no header',
    attempts: 3,
    processingMs: 7.5,
    totalMs: 900.2,
    ...parts,
  } as const;
}

export function badInput(offset: number, code: 'ERR_CHUNK_DECODE' | 'ERR_UNSAFE_PATH' = 'ERR_CHUNK_DECODE') {
  return { kind: 'bad-input', code, partition: 3, offset: BigInt(offset), reason: 'it is garbage' } as const;
}

export function progressOf(parts: Partial<EngineProgress> = {}): EngineProgress {
  return {
    state: 'running',
    partitions: [0],
    recordCount: 0,
    recordBytes: 0,
    openFileCount: 0,
    heldBytes: 0,
    pipelineFileCount: 0,
    lag: 0,
    partitionLags: [],
    openFiles: [],
    chunks: { readCount: 0, readBytes: 0, processedCount: 0, processedBytes: 0 },
    commits: [],
    ...parts,
  };
}
