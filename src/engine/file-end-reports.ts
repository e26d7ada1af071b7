import { describeError } from '../errors.js';
import { serializedErrorText } from '../processing/serialize-error.js';
import type { FileFailure } from './dead-letters/letter-writer.js';
import { describeFile, type OpenFile } from './open-file.js';
import type { FileEndReport } from './reports.js';

/** What is told once the outcome of a file is settled. @param endMs when that was, on the engine's clock */
export type ReportAt = (endMs: number) => FileEndReport;

export function doneReport(file: OpenFile, topic: string): ReportAt {
  const { size, messageCount, messageBytes, skipped, attempts, processingMs } = file;
  return endMs => ({
    kind: 'file-done',
    file: describeFile(file, topic),
    size,
    messageCount,
    messageBytes,
    ...(skipped === undefined ? {} : { skipped }),
    attempts,
    processingMs,
    totalMs: endMs - file.firstChunkAtMs,
  });
}

/** @param deadLetterTopic where its dead letter goes; undefined: it has none */
export function failedReport(
  file: OpenFile,
  topic: string,
  failure: FileFailure,
  deadLetterTopic: string | undefined,
): ReportAt {
  const { size, attempts, processingMs } = file;
  return endMs => ({
    kind: 'file-failed',
    file: describeFile(file, topic),
    size,
    reason: failure.reason,
    error: failureText(failure),
    attempts,
    processingMs,
    totalMs: endMs - file.firstChunkAtMs,
    ...(deadLetterTopic === undefined ? {} : { deadLetterTopic }),
  });
}

/** Kafka refuses the result of a file. How large that is says whether the topic or the method is to be changed. */
export function refusal(
  error: Error,
  { messageCount, messageBytes }: Pick<OpenFile, 'messageCount' | 'messageBytes'>,
): FileFailure {
  const { name } = error;
  const messages = messageCount === 1 ? 'one message of' : `${messageCount} messages, in all`;
  const message = `${describeError(error)}; the result is ${messages} ${messageBytes} bytes`;
  return { reason: 'result-refused', error: { name, message } };
}

/** What this package says of a file stands for itself; what a method threw has a name. */
export function failureText({ reason, error }: FileFailure): string {
  const isOurs =
    reason === 'too-large' ||
    reason === 'not-placed' ||
    reason === 'file-hash-mismatch' ||
    reason === 'crashed' ||
    reason === 'result-refused';
  return isOurs ? error.message : serializedErrorText(error);
}
