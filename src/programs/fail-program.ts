import { exitCodeOf, exitSoon } from '../bootstrap/exit-code.js';
import { describeError } from '../errors.js';
import type { LineWriter } from '../observe/line-writer.js';

/**
 * Tells why a program cannot go on, as its last line, and sees to it that its process ends.
 *
 * @returns the exit code
 * @throws the error itself when somebody must change code or configuration: that is told without a log
 */
export function failProgram(error: unknown, log: LineWriter): 1 {
  if (exitCodeOf(error) === 2) throw error;
  log.fatal({ err: error }, describeError(error));
  exitSoon();
  return 1;
}
