import type { EngineLogLine } from '../engine/engine.js';
import { bytesText, countText, numberText } from './quantity-text.js';
import { sourceText } from './report-lines/source-text.js';
import type { RunSummary } from './run-summary.js';
import { usualWords, type RunWords } from './run-words.js';

/** So many failed files are named at the end; the summary holds more. */
const namedFiles = 50;

/** The last lines of a run: what was done, and every file that failed. */
export function endLines(summary: RunSummary, words = usualWords): EngineLogLine[] {
  const { failedFiles, failedFilesOmitted, ...counts } = summary;
  const total = failedFiles.length + failedFilesOmitted;
  const named = failedFiles.slice(0, namedFiles);
  const lines: EngineLogLine[] = [
    { level: levelOf(summary), fields: { kind: 'end', summary: counts }, message: endText(summary, words) },
  ];
  if (total === 0) return lines;
  const rest = total > named.length ? ` (the first ${named.length})` : '';
  const list = named.map(({ path, error, source }) => `\n  ${path} at ${sourceText(source)}: ${error}`);
  lines.push({
    level: 'error',
    fields: { kind: 'failed-files', failedFiles: named, failedFileCount: total },
    message: `${countText(total, 'file')} failed and will not be tried again by a restart${rest}:${list.join('')}`,
  });
  return lines;
}

function levelOf(summary: RunSummary): 'info' | 'warn' | 'error' {
  if (summary.outcome === 'failed') return 'error';
  return summary.outcome === 'abandoned' || summary.files.failed > 0 ? 'warn' : 'info';
}

function endText(summary: RunSummary, { hasResults }: RunWords): string {
  const { files, messages, fileBytes, badInput } = summary;
  const parts = [
    `${countText(files.done, 'file')} done (${bytesText(fileBytes)}${files.skipped > 0 ? `, ${numberText(files.skipped)} skipped` : ''})`,
    ...(files.failed > 0 ? [`${numberText(files.failed)} failed`] : []),
    ...(hasResults ? [countText(messages, 'message')] : []),
    ...(badInput.count > 0 ? [countText(badInput.count, 'bad message')] : []),
    ...(files.superseded > 0 ? [`${numberText(files.superseded)} superseded`] : []),
    ...(files.incomplete > 0 ? [`${countText(files.incomplete, 'file')} incomplete`] : []),
    ...(files.unfinished > 0 ? [`${countText(files.unfinished, 'file')} left for the next start`] : []),
  ];
  const error = summary.error === undefined ? '' : `: ${summary.error}`;
  return `${beginnings[summary.outcome]}${error}: ${parts.join(', ')} in ${(summary.durationMs / 1000).toFixed(1)} s`;
}

const beginnings: Readonly<Record<RunSummary['outcome'], string>> = {
  'not-run': 'not started',
  running: 'running',
  stopped: 'stopped',
  idle: 'ended, nothing was left to do',
  limit: 'ended at the limit of files',
  abandoned: 'stopped at the deadline, before all running calls had ended',
  failed: 'failed',
};
