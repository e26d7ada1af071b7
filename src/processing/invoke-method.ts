import { ResultError, type ReproducerError } from '../errors.js';
import type { CallContext } from './call-context.js';
import { collectNothing, collectResult, type CollectedResult } from './collect-result.js';
import type { DataFile } from './data-file.js';
import { messageEncoder } from './encode-result.js';
import type { FailureReason, FileReady, OutgoingMessage, SerializedError } from './file-work.js';
import type { ProcessorContext } from './processor-context.js';
import { serializeError } from './serialize-error.js';

/** The user's method and what is expected of it. */
export interface Method {
  readonly kind: 'reproducer' | 'file-processor';
  /** `PeakFinder.findPeaks`, for messages to people. */
  readonly name: string;
  readonly invoke: (file: DataFile, context: ProcessorContext) => unknown;
  readonly produceTopic: string | undefined;
}

export type MethodResult =
  | { readonly kind: 'returned'; readonly messages: readonly OutgoingMessage[]; readonly skipped?: string }
  | {
      readonly kind: 'failed';
      readonly reason: FailureReason;
      readonly error: SerializedError;
      readonly isRetriable: boolean;
    };

/** What the headers of results say of the file. */
export type ResultSource = Pick<FileReady, 'info' | 'size' | 'resultId'>;

/** Calls the method, waits for it, reads what it returned to the end, and encodes it. Never rejects. */
export async function invokeMethod(
  method: Method,
  ready: ResultSource,
  file: DataFile,
  context: CallContext,
): Promise<MethodResult> {
  try {
    const returned = await method.invoke(file, context);
    const collected = await collect(method, ready, returned, context);
    if (collected.kind === 'messages') return { kind: 'returned', messages: collected.messages };
    if (collected.kind === 'skipped') return { kind: 'returned', messages: [], skipped: collected.reason };
    return returnedNothing(`${method.name} returned ${collected.returned} for ${file.path}`, context);
  } catch (error) {
    return failureOf(error);
  }
}

async function collect(
  method: Method,
  { info, size, resultId }: ResultSource,
  returned: unknown,
  { attempt, signal }: CallContext,
): Promise<CollectedResult> {
  if (method.kind === 'file-processor') return collectNothing(returned, method.name);
  const encode = messageEncoder({ info, size, resultId, attempt, produceTopic: method.produceTopic });
  return collectResult(returned, method.name, encode, signal);
}

function returnedNothing(what: string, context: CallContext): MethodResult {
  const hint = context.wasSkipCalled
    ? 'context.skip(reason) was called, but what it gives must be returned'
    : 'Return a result, or context.skip(reason) when there is none';
  const error = withoutStack(new ResultError(`${what}. ${hint}`));
  return { kind: 'failed', reason: 'returned-nothing', error, isRetriable: false };
}

/** For errors that are made here: their stack would show this package, not the user's method. */
export function withoutStack(error: ReproducerError): SerializedError {
  return { name: error.name, message: error.message, code: error.code };
}

function failureOf(thrown: unknown): MethodResult {
  const error = serializeError(thrown);
  // By code, not by class: the error may come from another copy of this package.
  const reason = error.code === 'ERR_RESULT' ? 'bad-result' : 'threw';
  return { kind: 'failed', reason, error, isRetriable: !saysNotRetriable(thrown) };
}

function saysNotRetriable(thrown: unknown): boolean {
  try {
    return (
      typeof thrown === 'object' && thrown !== null && 'retriable' in thrown && thrown.retriable === false
    );
  } catch {
    return false;
  }
}
