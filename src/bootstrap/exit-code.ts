import { UsageError } from '../errors.js';

/** Workers of this program that have not ended. */
let workerCount = 0;
/** One of them has ended in a way after which the process must not live on. */
let isEndDue = false;

/** So long after its end a program may live on by itself. */
const usualGraceMs = 2_000;

/** The exit code for an error that kept a worker from running: 2 when somebody must change code or configuration. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof UsageError ? 2 : 1;
}

/** A worker runs in this program. @returns to be called at its end */
export function enterProgram(): () => void {
  workerCount += 1;
  return () => {
    workerCount -= 1;
    if (isEndDue) exitSoon();
  };
}

/**
 * Ends the process soon after the last of its workers, unless it ends by itself before. For a program of which one has failed or was
 * abandoned: a connection that does not close in time would keep it, and so would a call that ignores its signal, for as long as it likes.
 */
export function exitSoon(graceMs = usualGraceMs): void {
  isEndDue = true;
  if (workerCount > 0) return;
  const end = (): void => {
    // Another one was started meanwhile.
    if (workerCount === 0) process.exit();
  };
  setTimeout(end, graceMs).unref();
}
