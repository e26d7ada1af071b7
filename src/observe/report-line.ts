import type { EngineLogLine } from '../engine/engine.js';
import type { EngineReport } from '../engine/reports.js';
import { bytesText, countText } from './quantity-text.js';
import { doneLine, failedLine, keptLine, setAsideLine, stalledLine } from './report-lines/file-lines.js';
import { line, type Report } from './report-lines/line.js';
import {
  backpressureLine,
  caughtUpLine,
  positionResetLine,
  resumedLine,
  shareLine,
} from './report-lines/reading-lines.js';
import { partitionsText } from './report-lines/source-text.js';
import { usualWords, type RunWords } from './run-words.js';

const maxPathsTold = 5;

/**
 * Says in one line what the engine reports: the text is for people and complete, the fields are for machines and say the
 * same. Bad input has a line of its own ({@link badInputLine}), because there can be a flood of it.
 *
 * @param topic the topic that is read
 */
export function reportLine(
  report: Exclude<EngineReport, { kind: 'bad-input' }>,
  topic: string,
  words = usualWords,
): EngineLogLine {
  const { level, fields, message } = lineOf(report, topic, words);
  return { level, fields: { kind: report.kind, ...fields }, message };
}

function lineOf(
  report: Exclude<EngineReport, { kind: 'bad-input' }>,
  topic: string,
  words: RunWords,
): EngineLogLine {
  switch (report.kind) {
    case 'file-done':
      return doneLine(report, words);
    case 'file-failed':
      return failedLine(report);
    case 'file-kept':
      return keptLine(report);
    case 'duplicate-version':
      return line(
        'info',
        { file: report.path },
        `${report.path} came again, unchanged: it was ${report.outcome} before and is not processed again`,
      );
    case 'resumed':
      return resumedLine(report, topic);
    case 'caught-up-with-earlier-run':
      return caughtUpLine(report);
    case 'partitions-lost':
      return line(
        'warn',
        { partitions: report.partitions, openFiles: report.openVersionCount },
        `this worker lost ${partitionsText(report.partitions)} of ${topic}, at least for a while; ${countText(report.openVersionCount, 'unfinished file')} will be put together again by whoever has them`,
      );
    case 'run-died':
      return diedLine(report);
    case 'share-changed':
      return shareLine(report);
    case 'position-reset':
      return positionResetLine(report, topic);
    case 'file-stalled':
      return stalledLine(report);
    case 'file-set-aside':
      return setAsideLine(report);
    case 'file-superseded':
      return line(
        'info',
        {
          file: report.path,
          versionId: report.versionId,
          held: report.heldChunkCount,
          chunks: report.chunkCount,
        },
        `superseded: an earlier content of ${report.path}, of which ${report.heldChunkCount} of ${countText(report.chunkCount, 'chunk')} came, is given up, as a newer one is done`,
      );
    case 'file-resumed':
      return line(
        'info',
        { file: report.path, chunks: report.chunkCount },
        `the rest of ${report.path} came: ${countText(report.chunkCount, 'chunk')} from before it was set aside are read again`,
      );
    case 'bytes-dropped':
      return line(
        'debug',
        { file: report.path, bytes: report.byteLength },
        `the disk budget is used up: ${bytesText(report.byteLength)} of ${report.path} are given up, and read again once it is whole`,
      );
    case 'file-read-again':
      return line(
        'info',
        { file: report.path, chunks: report.chunkCount },
        `${report.path} is whole: ${countText(report.chunkCount, 'chunk')} that the disk budget had no room for are read again`,
      );
    case 'file-left-on-topic':
      return line(
        'info',
        { file: report.path, chunks: report.chunkCount },
        `${report.path} is whole, and larger than both budgets: its ${countText(report.chunkCount, 'chunk')} are read from the topic, for its hash and as the method reads it`,
      );
    case 'metadata-overflow':
      return line(
        'warn',
        { partition: report.partition, openFiles: report.openVersionCount },
        `${topic}[${report.partition}]: ${countText(report.openVersionCount, 'file')} are incomplete at once, more than a commit can name. Nothing is committed until some of them are whole: after a restart, files that are finished from now on are processed again`,
      );
    case 'backpressure':
      return backpressureLine(report);
    case 'draining':
      return line('info', { reason: report.reason }, drainingTexts[report.reason]);
  }
}

function diedLine({ suspects }: Report<'run-died'>): EngineLogLine {
  const text =
    suspects.length === 0
      ? 'which file it was busy with is not known, so files are noted on the state topic before they are processed, for a while'
      : `it was busy with ${listText(suspects)}: each is processed alone from now on, and given up if the process goes on dying of it`;
  return line(
    'warn',
    { suspects },
    `a run of this worker died before (killed, out of memory, or a crash): ${text}`,
  );
}

function listText(paths: readonly string[]): string {
  const told = paths.slice(0, maxPathsTold).join(', ');
  return paths.length > maxPathsTold
    ? `${told} and ${countText(paths.length - maxPathsTold, 'more file')}`
    : told;
}

/** One bad message, with its place and reason. */
export function badInputLine(report: Report<'bad-input'>, topic: string): EngineLogLine {
  const { partition, offset, code, reason } = report;
  return line(
    'warn',
    { kind: report.kind, topic, partition, offset: String(offset), code, reason },
    `bad input at ${topic}[${partition}]@${offset}: ${reason} (${code}); the message is passed over`,
  );
}

const drainingTexts: Readonly<Record<Report<'draining'>['reason'], string>> = {
  stopped: 'stopping: nothing more is read, running calls may end',
  idle: 'nothing is left to do: stopping',
  failure: 'a file failed (--on-failure stop): stopping; nothing more is read, running calls may end',
  limit: 'the limit of files is reached: stopping',
};
