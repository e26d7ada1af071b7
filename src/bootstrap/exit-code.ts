import { UsageError } from '../errors.js';

/** The exit code for an error that kept a worker from running: 2 when somebody must change code or configuration. */
export function exitCodeOf(error: unknown): 1 | 2 {
  return error instanceof UsageError ? 2 : 1;
}
