import type { Logger } from '../logger.js';
import { exitSoon } from './exit-code.js';
import type { ReproducerWorker } from './reproducer-worker.js';
import { killedExitCode } from './signals.js';

export interface CallsAtExitOptions {
  readonly worker: Pick<ReproducerWorker, 'filesBeingCalled' | 'filesLeftBehind'>;
  readonly logger: Logger;
  /** Of the worker. */
  readonly name: string;
}

const shownFiles = 5;

/**
 * Says so when something ends the process while the worker runs, and which files the method had: `process.exit()` in the user's code or
 * in a library says nothing by itself, and with its code 0 a service manager would take it for a good end. That becomes 1.
 *
 * @returns undoes it
 */
export function tellSuddenExit({ worker, logger, name }: CallsAtExitOptions): () => void {
  let hasThrown = false;
  const onThrow = (): void => {
    hasThrown = true;
  };
  const onExit = (code: number): void => {
    // The second signal, of which the log tells.
    if (code === killedExitCode) return;
    const files = worker.filesBeingCalled;
    const cause = hasThrown
      ? 'an error that nothing caught'
      : `process.exit(${code}) in its code or in a library`;
    const work = files.length === 0 ? 'no file was being worked on' : `it worked on ${fileList(files)}`;
    const rest =
      'what was not committed is done again after a restart; --isolation process keeps such ends from the worker';
    logger.fatal({ files: files.slice(0, shownFiles) }, `${name} was ended by ${cause}: ${work}; ${rest}`);
    if (code === 0) process.exitCode = 1;
  };
  process.on('uncaughtExceptionMonitor', onThrow);
  process.on('exit', onExit);
  return () => {
    process.off('uncaughtExceptionMonitor', onThrow);
    process.off('exit', onExit);
  };
}

/** A call that was given up may hold a timer or a connection for ever, and so the process: that ends soon all the same. */
export function leaveCallsBehind({ worker, logger }: CallsAtExitOptions): void {
  const files = worker.filesLeftBehind;
  if (files.length === 0) return;
  const calls =
    files.length === 1
      ? 'a call that was given up still runs'
      : `${files.length} calls that were given up still run`;
  logger.warn({}, `${calls} (${fileList(files)}): the process ends without waiting for it`);
  exitSoon();
}

function fileList(files: readonly string[]): string {
  const more = files.length - shownFiles;
  return files.slice(0, shownFiles).join(', ') + (more > 0 ? ` and ${more} more` : '');
}
