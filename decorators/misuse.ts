import { DecoratorUsageError } from '../src/errors.js';

const usageExitCode = 2;
let isWatching = false;

/**
 * Makes the error of a decorator that was written wrongly. Where nothing catches it, as in a program whose module holds the class,
 * the process exits as for any other wrong use, with 2 and not with 1.
 */
export function misuse(...about: ConstructorParameters<typeof DecoratorUsageError>): DecoratorUsageError {
  if (!isWatching) process.on('uncaughtExceptionMonitor', exitAsForWrongUse);
  isWatching = true;
  return new DecoratorUsageError(...about);
}

function exitAsForWrongUse(error: unknown): void {
  if (!(error instanceof DecoratorUsageError)) return;
  // Node sets 1 before it emits this.
  process.once('exit', () => (process.exitCode = usageExitCode));
}
