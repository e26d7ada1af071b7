import { inspect } from 'node:util';
import type { SerializedError } from './file-work.js';

const maxStackLength = 8 * 1024;
const maxMessageLength = 4 * 1024;
const maxCauses = 5;

/**
 * Describes whatever a method threw as a plain object: it crosses threads and ends up in logs and dead letters.
 *
 * Never throws, though what it reads is the user's: getters, proxies, strings and plain objects can be thrown too.
 * Causes, and the errors of an AggregateError, are told in the message: `fetch failed (caused by connect ECONNREFUSED …)`.
 */
export function serializeError(thrown: unknown): SerializedError {
  try {
    if (!isErrorLike(thrown)) return { name: 'NonErrorThrown', message: describeNonError(thrown) };
    const { name, stack, code } = thrown;
    return {
      name: typeof name === 'string' && name !== '' ? cut(name, 200) : 'Error',
      message: cut(messageWithCauses(thrown, maxCauses), maxMessageLength),
      ...(typeof stack === 'string' ? { stack: cut(stack, maxStackLength) } : {}),
      ...(typeof code === 'string' || typeof code === 'number' ? { code: cut(String(code), 200) } : {}),
    };
  } catch {
    return { name: 'NonErrorThrown', message: 'threw an object that cannot be described' };
  }
}

/** One line: `TypeError: x is not a function`. */
export function serializedErrorText(error: SerializedError): string {
  return error.name === 'Error' ? error.message : `${error.name}: ${error.message}`;
}

interface ErrorLike {
  readonly message: string;
  readonly name?: unknown;
  readonly stack?: unknown;
  readonly code?: unknown;
  readonly cause?: unknown;
  readonly errors?: unknown;
}

/** By shape, because an error of another realm (vm, a test runner) is no `instanceof Error` here. */
function isErrorLike(value: unknown): value is ErrorLike {
  return (
    typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string'
  );
}

function messageWithCauses(error: ErrorLike, depth: number): string {
  const own = ownMessage(error);
  if (error.cause == null || depth === 0) return own;
  const cause = isErrorLike(error.cause)
    ? messageWithCauses(error.cause, depth - 1)
    : describeNonError(error.cause);
  return `${own} (caused by ${cause})`;
}

/** An AggregateError of Node's network code has no message of its own. */
function ownMessage(error: ErrorLike): string {
  if (!Array.isArray(error.errors)) return error.message;
  const errors = error.errors as readonly unknown[];
  const told = errors
    .slice(0, maxCauses)
    .map(each => (isErrorLike(each) ? each.message : describeNonError(each)));
  return `${error.message === '' ? `${errors.length} errors` : error.message}: ${told.join('; ')}`;
}

function describeNonError(thrown: unknown): string {
  return `threw something that is no Error: ${inspect(thrown, { depth: 2, breakLength: Infinity, maxStringLength: 1000 })}`;
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}… (${text.length} characters)`;
}
