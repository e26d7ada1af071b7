import { durationText } from '../duration-text.js';
import type { Logger } from '../logger.js';
import { isStartedByNohup } from './hangup.js';
import type { ReproducerWorker } from './reproducer-worker.js';

const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
export type StopSignal = (typeof stopSignals)[number];

interface ReceivedSignal {
  readonly signal: StopSignal;
  readonly atMs: number;
}

/** Exit code after a second signal. */
export const killedExitCode = 130;
/**
 * Ctrl-C in a terminal reaches every process of its group, and npm passes it on to its child as well: a second SIGINT so
 * shortly after the first is the same one. Nobody types that fast; SIGTERM comes from programs, and each one counts.
 */
const echoMs = 200;

export interface SignalOptions {
  readonly worker: Pick<ReproducerWorker, 'stop'>;
  readonly logger: Logger;
  readonly drainTimeoutMs: number;
  readonly exit?: (code: number) => void;
  readonly now?: () => number;
  readonly ignoresHangup?: boolean;
}

/**
 * SIGTERM, SIGINT and the end of the terminal (SIGHUP) stop the worker; a second signal ends the process at once.
 *
 * A method that computes without ever waiting keeps signals from being handled until it ends.
 *
 * @returns undoes it
 */
export function stopOnSignals(options: SignalOptions): () => void {
  const { worker, logger, drainTimeoutMs } = options;
  return onStopSignals({
    ...options,
    onFirst: signal => {
      const limit = `running calls may take ${durationText(drainTimeoutMs)} to end`;
      logger.info({}, `${signal}: stopping; ${limit}, a second signal ends at once`);
      void worker.stop();
    },
    onSecond: signal =>
      logger.warn({}, `${signal}: ending at once; what was not committed is done again after a restart`),
  });
}

export interface StopSignalOptions {
  readonly onFirst: (signal: StopSignal) => void;
  /** Before the process ends. Default: nothing. */
  readonly onSecond?: (signal: StopSignal) => void;
  readonly exit?: (code: number) => void;
  readonly now?: () => number;
  /** SIGHUP is no reason to stop. Default: as `nohup` says. */
  readonly ignoresHangup?: boolean;
}

/**
 * Tells of the first SIGTERM, SIGINT or SIGHUP; a second one ends the process at once, unless it is SIGHUP: when a terminal is closed, that
 * comes from the shell and from the system as well, and may come to what Ctrl-C has stopped before.
 *
 * A program that was started with `nohup` takes no notice of SIGHUP.
 *
 * @returns undoes it
 */
export function onStopSignals(options: StopSignalOptions): () => void {
  const { onFirst, onSecond } = options;
  const exit = options.exit ?? (code => process.exit(code));
  const now = options.now ?? (() => performance.now());
  const ignoresHangup = options.ignoresHangup ?? isStartedByNohup();
  let first: ReceivedSignal | undefined;
  const onSignal = (signal: StopSignal): void => {
    if (signal === 'SIGHUP' && (ignoresHangup || first !== undefined)) return;
    if (first === undefined) {
      first = { signal, atMs: now() };
      onFirst(signal);
    } else if (!isEcho(first, signal, now())) {
      onSecond?.(signal);
      exit(killedExitCode);
    }
  };
  for (const signal of stopSignals) process.on(signal, onSignal);
  return () => {
    for (const signal of stopSignals) process.off(signal, onSignal);
  };
}

function isEcho(first: ReceivedSignal, signal: StopSignal, atMs: number): boolean {
  return signal === 'SIGINT' && first.signal === 'SIGINT' && atMs - first.atMs < echoMs;
}
