import { type ErrorName } from '../protocol/error-codes.js';
import { type RequestFilter } from './request-info.js';

/** An error code by its name in the protocol. */
export type FaultError = Exclude<ErrorName, 'NONE'>;

/** What happens to a request instead of being handled and answered. */
export type FaultAction =
  /**
   * It is answered with this error wherever its response has room for one, as Kafka does; where it has none the
   * connection is closed. It is not handled, unless `isHandled` says that it is and only its answer is replaced.
   */
  | { readonly error: FaultError; readonly isHandled?: boolean }
  /** `request`: neither handled nor answered. `response`: handled, but the answer is lost. The connection stays open. */
  | { readonly drop: 'request' | 'response' }
  /** It is handled this many milliseconds later, by the broker's clock, also when its connection is closed by then. */
  | { readonly delayMs: number }
  /** It waits, before it is handled or before its answer is sent, until `release` or `disarm` is called. */
  | { readonly hold: 'request' | 'response' }
  /** The connection is closed, before the request is handled or after it, without an answer. */
  | { readonly close: 'before' | 'after' };

/** A fault: what happens, and to which requests of an API. */
export type FaultOptions = FaultAction & {
  /** Only these requests count. Default: all of the API. */
  readonly when?: RequestFilter;
  /** The first of them that is disturbed, 1-based. Default: 1, the next one. */
  readonly nth?: number;
  /** How many are disturbed from there on; `Infinity` for all until `disarm`. Default: 1. */
  readonly times?: number;
};

const actions = ['error', 'drop', 'delayMs', 'hold', 'close'] as const;

/** @throws {TypeError} no action or more than one, or a number that makes no sense */
export function checkFaultOptions(options: FaultOptions): void {
  const given = actions.filter(name => name in options);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none' : given.join(' and ');
    throw new TypeError(`a fault needs exactly one of ${actions.join(', ')}: found ${found}`);
  }
  const { nth = 1, times = 1 } = options;
  if (!Number.isInteger(nth) || nth < 1) {
    throw new TypeError(`nth of a fault: expected a whole number from 1, found ${nth}`);
  }
  if (times !== Infinity && (!Number.isInteger(times) || times < 1)) {
    throw new TypeError(`times of a fault: expected a whole number from 1 or Infinity, found ${times}`);
  }
}
