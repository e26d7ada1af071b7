import { UsageError } from '../errors.js';

/** So long after its end a program may live on by itself. */
const usualGraceMs = 2_000;

/** The exit code for an error that kept a worker from running: 2 when somebody must change code or configuration. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof UsageError ? 2 : 1;
}

/**
 * Ends the process soon, unless it ends by itself before. For a program that has failed or was abandoned: a connection that does not close
 * in time would keep it, and so would a call that ignores its signal, for as long as it likes.
 */
export function exitSoon(graceMs = usualGraceMs): void {
  setTimeout(() => process.exit(), graceMs).unref();
}
