import type { EngineLogLine } from '../engine/engine.js';
import type { EngineReport } from '../engine/reports.js';
import type { FileSource } from '../processing/data-file.js';
import { durationText } from '../duration-text.js';
import { bytesText, countText, numberText } from './quantity-text.js';

const maxPathsTold = 5;

type Report<Kind extends EngineReport['kind']> = EngineReport & { kind: Kind };

/**
 * Says in one line what the engine reports: the text is for people and complete, the fields are for machines and say the
 * same. Bad input has a line of its own ({@link badInputLine}), because there can be a flood of it.
 *
 * @param topic the topic that is read
 */
export function reportLine(
  report: Exclude<EngineReport, { kind: 'bad-input' }>,
  topic: string,
): EngineLogLine {
  const { level, fields, message } = lineOf(report, topic);
  return { level, fields: { kind: report.kind, ...fields }, message };
}

function lineOf(report: Exclude<EngineReport, { kind: 'bad-input' }>, topic: string): EngineLogLine {
  switch (report.kind) {
    case 'file-done':
      return doneLine(report);
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

function shareLine({ difference }: Report<'share-changed'>): EngineLogLine {
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

/** One bad message, with its place and reason. */
export function badInputLine(report: Report<'bad-input'>, topic: string): EngineLogLine {
  const { partition, offset, code, reason } = report;
  return line(
    'warn',
    { kind: report.kind, topic, partition, offset: String(offset), code, reason },
    `bad input at ${topic}[${partition}]@${offset}: ${reason} (${code}); the message is passed over`,
  );
}

/** Where the chunks of a file lie: `raw[0]@12-14, raw[2]@7`. */
export function sourceText(source: FileSource): string {
  return source.partitions
    .map(({ partition, firstOffset, lastOffset }) => {
      const range = firstOffset === lastOffset ? firstOffset : `${firstOffset}-${lastOffset}`;
      return `${source.topic}[${partition}]@${range}`;
    })
    .join(', ');
}

const drainingTexts: Readonly<Record<Report<'draining'>['reason'], string>> = {
  stopped: 'stopping: nothing more is read, running calls may end',
  idle: 'nothing is left to do: stopping',
  failure: 'a file failed (--on-failure stop): stopping; nothing more is read, running calls may end',
  limit: 'the limit of files is reached: stopping',
};

const reasonTexts: Readonly<Record<Report<'file-failed'>['reason'], string>> = {
  threw: 'the method threw',
  'timed-out': 'the method took too long',
  'returned-nothing': 'the method returned nothing',
  'bad-result': 'the result cannot be a message',
  'file-hash-mismatch': 'its content is not what was uploaded',
  'result-refused': 'Kafka refused the result',
  'too-large': 'it is too large',
  'not-placed': 'it cannot have its name in the output directory',
  'chunks-lost': 'chunks of it are gone',
  crashed: 'the process died of it',
};

function line(
  level: EngineLogLine['level'],
  fields: EngineLogLine['fields'],
  message: string,
): EngineLogLine {
  return { level, fields, message };
}

function doneLine(report: Report<'file-done'>): EngineLogLine {
  const { file, size, messageCount, skipped, attempts } = report;
  const [processingMs, totalMs] = [Math.round(report.processingMs), Math.round(report.totalMs)];
  const partitions = file.source.partitions.map(({ partition }) => partition);
  const fields = {
    file: file.path,
    size,
    chunks: file.chunkCount,
    partitions,
    messages: messageCount,
    attempts,
    processingMs,
    ms: totalMs,
    ...(skipped === undefined ? {} : { skipped }),
  };
  const facts = `${bytesText(size)} in ${countText(file.chunkCount, 'chunk')} from ${partitionsText(partitions)}`;
  const times = `${totalMs} ms (${processingMs} ms in the method${attempts > 1 ? `, ${attempts} attempts` : ''})`;
  const result = skipped === undefined ? countText(messageCount, 'message') : `skipped: ${skipped}`;
  return line('info', fields, `done: ${file.path}, ${facts}, ${times}, ${result}`);
}

/** Honest about what becomes of it: it does not come back by itself. */
function failedLine(report: Report<'file-failed'>): EngineLogLine {
  const { file, size, reason, error, attempts, deadLetterTopic } = report;
  const where = sourceText(file.source);
  const fields = {
    file: file.path,
    size,
    chunks: file.chunkCount,
    sha512: file.sha512,
    reason,
    error,
    attempts,
    source: file.source,
    ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
  };
  const again =
    deadLetterTopic === undefined
      ? 'To run it again, upload it once more after a restart, or read the topic with a new --group-id'
      : `Its dead letter is on ${deadLetterTopic}; reproducer replay runs it again`;
  const tries = attempts > 0 ? ` after ${countText(attempts, 'attempt')}` : '';
  return line(
    'error',
    fields,
    `given up: ${file.path}${tries}, ${reasonTexts[reason]}: ${error}. Its ${countText(file.chunkCount, 'chunk')} at ` +
      `${where} count as done with, so that nothing waits for it: a restart does not try it again. ${again}`,
  );
}

function keptLine({ file, reason, error, attempts }: Report<'file-kept'>): EngineLogLine {
  const tries = attempts > 0 ? ` after ${countText(attempts, 'attempt')}` : '';
  return line(
    'error',
    { file: file.path, reason, error, attempts, source: file.source },
    `failed: ${file.path}${tries}, ${reasonTexts[reason]}: ${error}. It is not given up (--on-failure stop): its ` +
      `${countText(file.chunkCount, 'chunk')} at ${sourceText(file.source)} are not committed, and the next start tries it again`,
  );
}

function stalledLine(report: Report<'file-stalled'>): EngineLogLine {
  const { file, heldChunkCount, sinceMs, incompleteAfterMs } = report;
  const since = new Date(sinceMs).toISOString();
  const fields = {
    file: file.path,
    chunks: file.chunkCount,
    held: heldChunkCount,
    since,
    source: file.source,
  };
  const fate =
    incompleteAfterMs === undefined
      ? 'without a state topic it is not set aside: the offsets of its partitions stay at its first chunk until it is whole'
      : `${durationText(incompleteAfterMs)} after that it is set aside, until the rest comes`;
  return line(
    'warn',
    fields,
    `incomplete: ${file.path} has ${heldChunkCount} of ${countText(file.chunkCount, 'chunk')}, and none came since ${since}; ${fate}`,
  );
}

function setAsideLine(report: Report<'file-set-aside'>): EngineLogLine {
  const { file, heldChunkCount, reason } = report;
  const fields = {
    file: file.path,
    chunks: file.chunkCount,
    held: heldChunkCount,
    reason,
    source: file.source,
  };
  const because =
    reason === 'incomplete' ? 'its rest does not come' : 'too many files are incomplete at once';
  return line(
    'warn',
    fields,
    `set aside: ${file.path} with ${heldChunkCount} of ${countText(file.chunkCount, 'chunk')}, as ${because}. Where they lie ` +
      `(${sourceText(file.source)}) is on the state topic; when the rest comes, it is completed`,
  );
}

function partitionsText(partitions: readonly number[]): string {
  return `partition${partitions.length === 1 ? '' : 's'} ${partitions.join(',')}`;
}

function resumedLine(report: Report<'resumed'>, topic: string): EngineLogLine {
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

function caughtUpLine(report: Report<'caught-up-with-earlier-run'>): EngineLogLine {
  return line(
    'info',
    { ...report },
    `caught up with the earlier run: read ${countText(report.rereadChunkCount, 'chunk')} ` +
      `(${bytesText(report.rereadBytes)}) of ${countText(report.rereadFileCount, 'unfinished file')} again, ` +
      `skipped ${countText(report.skippedChunkCount, 'chunk')} (${bytesText(report.skippedBytes)}) of finished ones`,
  );
}

function positionResetLine(report: Report<'position-reset'>, topic: string): EngineLogLine {
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

function backpressureLine(report: Report<'backpressure'>): EngineLogLine {
  const { paused, waitingBytes, waitingCount } = report;
  const waiting = `${countText(waitingCount, 'file')} (${bytesText(waitingBytes)}) wait for the method`;
  return line(
    'debug',
    { paused, waitingBytes, waitingCount },
    paused ? `reading pauses: ${waiting}` : `reading goes on: ${waiting}`,
  );
}
