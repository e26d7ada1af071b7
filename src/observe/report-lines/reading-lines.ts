import type { EngineLogLine } from '../../engine/engine.js';
import { bytesText, countText, numberText } from '../quantity-text.js';
import { line, type Report } from './line.js';

// Where and how the topic is read.

export function resumedLine(report: Report<'resumed'>, topic: string): EngineLogLine {
  const { partition, offset, readUpTo, openVersionCount } = report;
  const fields = {
    topic,
    partition,
    offset: offset === null ? null : String(offset),
    readUpTo: readUpTo === null ? null : String(readUpTo),
    openFiles: openVersionCount,
  };
  if (offset === null)
    return line('debug', fields, `${topic}[${partition}]: the group has no offset here yet`);
  const known =
    readUpTo === null
      ? ''
      : `, where an earlier run had read up to ${readUpTo} with ${countText(openVersionCount, 'unfinished file')}`;
  return line('debug', fields, `${topic}[${partition}]: goes on at offset ${offset}${known}`);
}

export function caughtUpLine(report: Report<'caught-up-with-earlier-run'>): EngineLogLine {
  return line(
    'info',
    { ...report },
    `caught up with the earlier run: read ${countText(report.rereadChunkCount, 'chunk')} ` +
      `(${bytesText(report.rereadBytes)}) of ${countText(report.rereadFileCount, 'unfinished file')} again, ` +
      `skipped ${countText(report.skippedChunkCount, 'chunk')} (${bytesText(report.skippedBytes)}) of finished ones`,
  );
}

export function positionResetLine(report: Report<'position-reset'>, topic: string): EngineLogLine {
  const { partition, expected, found } = report;
  const fields = { topic, partition, expected: String(expected), found: String(found) };
  const place = `${topic}[${partition}]`;
  if (found < expected)
    return line(
      'warn',
      fields,
      `${place}: reading goes on at offset ${found}, before ${expected}: the topic was emptied or made anew`,
    );
  return line(
    'error',
    fields,
    `DATA LOSS at ${place}: offsets ${expected} to ${found - 1n} (${numberText(Number(found - expected))} messages) are ` +
      'no longer on the topic; retention removed them before they were done with. Files with chunks there stay incomplete',
  );
}

export function backpressureLine(report: Report<'backpressure'>): EngineLogLine {
  const { paused, waitingBytes, waitingCount } = report;
  const waiting = `${countText(waitingCount, 'file')} (${bytesText(waitingBytes)}) wait for the method`;
  return line(
    'debug',
    { paused, waitingBytes, waitingCount },
    paused ? `reading pauses: ${waiting}` : `reading goes on: ${waiting}`,
  );
}

export function shareLine({ difference }: Report<'share-changed'>): EngineLogLine {
  if (difference === null)
    return line('info', {}, 'this worker has its share of the partitions as its options ask');
  const { kind, reason } = difference;
  return line(
    'warn',
    { difference: kind, reason },
    kind === 'refused'
      ? `this worker gets no partitions, because its group works with other settings: ${reason}. Start it with the same settings, or in a group of its own`
      : `one worker of the group reads all partitions, because chunks of one file lie on more than one: ${reason}. Others stand by. To share the work, publish the topic anew with each file on one partition (reproducer colocate)`,
  );
}
