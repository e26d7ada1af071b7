import { durationText } from '../../duration-text.js';
import type { EngineLogLine } from '../../engine/engine.js';
import { bytesText, countText } from '../quantity-text.js';
import type { RunWords } from '../run-words.js';
import { line, type Report } from './line.js';
import { partitionsText, sourceText } from './source-text.js';

// What became of a file, or is to become of it.

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
  crashed: 'what it ran in died of it',
};

export function doneLine(report: Report<'file-done'>, { hasResults, methodText }: RunWords): EngineLogLine {
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
  const times = `${totalMs} ms (${processingMs} ms ${methodText}${attempts > 1 ? `, ${attempts} attempts` : ''})`;
  const results = hasResults ? `, ${countText(messageCount, 'message')}` : '';
  const end = skipped === undefined ? results : `, skipped: ${skipped}`;
  return line('info', fields, `done: ${file.path}, ${facts}, ${times}${end}`);
}

/** Honest about what becomes of it: it does not come back by itself. */
export function failedLine(report: Report<'file-failed'>): EngineLogLine {
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
  const tries = attempts > 0 ? ` after ${countText(attempts, 'attempt')}` : '';
  const again =
    deadLetterTopic === undefined
      ? 'upload it once more after a restart, or read the topic with a new --group-id'
      : `its dead letter is on ${deadLetterTopic}, reproducer replay runs it again`;
  return line(
    'error',
    fields,
    `given up: ${file.path}${tries}, ${reasonTexts[reason]}: ${error}. A restart does not try it again ` +
      `(${countText(file.chunkCount, 'chunk')} at ${where}): ${again}`,
  );
}

export function keptLine({ file, reason, error, attempts }: Report<'file-kept'>): EngineLogLine {
  const tries = attempts > 0 ? ` after ${countText(attempts, 'attempt')}` : '';
  return line(
    'error',
    { file: file.path, reason, error, attempts, source: file.source },
    `failed: ${file.path}${tries}, ${reasonTexts[reason]}: ${error}. It is not given up (--on-failure stop): its ` +
      `${countText(file.chunkCount, 'chunk')} at ${sourceText(file.source)} are not committed, and the next start tries it again`,
  );
}

export function stalledLine(report: Report<'file-stalled'>): EngineLogLine {
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

export function setAsideLine(report: Report<'file-set-aside'>): EngineLogLine {
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
