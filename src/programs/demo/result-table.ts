import { bytesText, countText } from '../../observe/quantity-text.js';
import type { DataFileInfo } from '../../processing/data-file.js';
import type { TopicMessage } from './read-topic.js';
import { renderTable } from '../render-table.js';
import { wrapText } from '../wrap-text.js';

/** What became of one file. */
export interface ProcessedFile {
  readonly file: DataFileInfo;
  /** Bytes. */
  readonly size: number;
  /** From the arrival of the first chunk to the acknowledged result. */
  readonly ms?: number;
  readonly skipped?: string;
  readonly error?: string;
}

/** What PeakFinder returns for one scan. */
interface PeakTable {
  readonly file: string;
  readonly sample: string;
  readonly peaks: readonly { readonly twoTheta: number; readonly spacing: number; readonly height: number }[];
}

const strongestCount = 3;

/** One line while the worker runs, more where the terminal is narrow. */
export function reportLines(processed: ProcessedFile, width: number): string[] {
  const { file, size, ms, skipped, error } = processed;
  const outcome = error !== undefined ? 'failed ' : skipped !== undefined ? 'skipped' : 'done   ';
  const took = ms === undefined ? '' : `, ${Math.round(ms)} ms`;
  const why = skipped ?? error;
  const reason = why === undefined ? '' : `: ${why}`;
  const text = `${file.path} (${bytesText(size)} in ${countText(file.chunkCount, 'chunk')}${took})${reason}`;
  return wrapText(text, width - 8).map((line, number) => `${number === 0 ? outcome : '       '} ${line}`);
}

/**
 * Joins what is known of the files with the results on the topic, one row per file in order of path.
 *
 * @throws {SyntaxError} a result is not the JSON that PeakFinder produces
 */
export function resultTable(
  processed: readonly ProcessedFile[],
  results: readonly TopicMessage[],
  width: number,
): string[] {
  const tables = new Map(results.map(parseResult).map(table => [table.file, table]));
  const rows = [...processed]
    .sort((one, other) => (one.file.path < other.file.path ? -1 : 1))
    .map(({ file, size }) => {
      const table = tables.get(file.path);
      return [
        file.path,
        bytesText(size),
        String(file.chunkCount),
        table === undefined ? '-' : String(table.peaks.length),
        table === undefined ? '-' : strongest(table),
      ];
    });
  const columns = [
    { title: 'file' },
    { title: 'size', align: 'right' },
    { title: 'chunks', align: 'right' },
    { title: 'peaks', align: 'right' },
    { title: 'strongest at', wraps: true },
  ] as const;
  return renderTable(columns, rows, width);
}

function parseResult({ value }: TopicMessage): PeakTable {
  return JSON.parse(value?.toString() ?? 'null') as PeakTable;
}

function strongest({ peaks }: PeakTable): string {
  return [...peaks]
    .sort((one, other) => other.height - one.height)
    .slice(0, strongestCount)
    .map(({ twoTheta }) => twoTheta.toFixed(2))
    .join(' ');
}
