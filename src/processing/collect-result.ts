import { types } from 'node:util';
import { ResultError } from '../errors.js';
import type { OutgoingMessage } from './file-work.js';
import { isSkippedFile, type SkippedFile } from './processor-context.js';
import { isResultMessage, type ResultMessage } from './result-message.js';
import type { ResultValue } from './result-value.js';

/** One message, or several. An array is several messages; an array inside it is one JSON message. */
export type ResultItem = ResultMessage | ResultValue;

/** What the processor method may return, or resolve to. null and undefined are allowed and fail the file. */
export type ProcessorReturn =
  | ResultItem
  | readonly ResultItem[]
  | Iterable<ResultItem>
  | AsyncIterable<ResultItem>
  | SkippedFile
  | null
  // eslint-disable-next-line @typescript-eslint/no-invalid-void-type -- a method without a return statement
  | void;

export type CollectedResult =
  | { readonly kind: 'messages'; readonly messages: readonly OutgoingMessage[] }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'nothing'; readonly returned: 'null' | 'undefined' };

/** @param index 0-based place among the file's messages. @throws {ResultError} */
export type EncodeMessage = (item: unknown, where: string, index: number) => OutgoingMessage;

/**
 * Turns what a reproducer's method returned into messages; reads generators to their end.
 *
 * Each item is encoded as it comes, so that a generator may use one object again and again.
 *
 * @param returned the method's value, not a promise
 * @param method `PeakFinder.findPeaks`, for errors
 * @param signal ends the reading of a generator between two items
 * @throws {ResultError} something in it cannot be a message
 * @throws whatever the generator throws, or the signal's reason
 */
export async function collectResult(
  returned: unknown,
  method: string,
  encode: EncodeMessage,
  signal: AbortSignal,
): Promise<CollectedResult> {
  if (returned == null) return { kind: 'nothing', returned: returned === null ? 'null' : 'undefined' };
  if (isSkippedFile(returned)) return { kind: 'skipped', reason: returned.reason };
  const items = itemsOf(returned);
  if (items === undefined)
    return { kind: 'messages', messages: [encode(returned, `what ${method} returned`, 0)] };
  const messages: OutgoingMessage[] = [];
  // All at once, so that no rejection of a promise in an array is left unhandled.
  const source = Array.isArray(items) ? await Promise.all(items) : items;
  for await (const item of source) {
    signal.throwIfAborted();
    const where = `item ${messages.length} of what ${method} returned`;
    if (isSkippedFile(item)) throw new ResultError(`${where} is a skip: return context.skip(reason) alone`);
    messages.push(encode(item, where, messages.length));
  }
  return { kind: 'messages', messages };
}

/**
 * Checks that a file processor's method returned nothing: its work is its side effect, a result would be lost.
 *
 * @throws {ResultError} it returned something
 */
export function collectNothing(returned: unknown, method: string): CollectedResult {
  if (returned === undefined) return { kind: 'messages', messages: [] };
  if (isSkippedFile(returned)) return { kind: 'skipped', reason: returned.reason };
  const found =
    returned === null ? 'null' : `a value of type ${Array.isArray(returned) ? 'array' : typeof returned}`;
  throw new ResultError(
    `${method} returned ${found}, but a @FileProcessor has no topic for results. Return nothing or ` +
      'context.skip(reason), or make the class a @Reproducer',
  );
}

/** The items when the value stands for several messages, undefined when it is one. */
function itemsOf(returned: unknown): Iterable<unknown> | AsyncIterable<unknown> | undefined {
  if (typeof returned !== 'object' || returned === null) return undefined;
  if (Array.isArray(returned)) return returned as unknown[];
  // Bytes are one message; typed arrays, Maps and String objects are refused as values, with a hint.
  if (ArrayBuffer.isView(returned) || types.isMap(returned) || isResultMessage(returned)) return undefined;
  if (types.isBoxedPrimitive(returned)) return undefined;
  if ('toJSON' in returned && typeof returned.toJSON === 'function') return undefined;
  if (Symbol.asyncIterator in returned) return returned as AsyncIterable<unknown>;
  if (Symbol.iterator in returned) return returned as Iterable<unknown>;
  return undefined;
}
