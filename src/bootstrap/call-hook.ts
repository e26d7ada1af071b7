import { durationText } from '../duration-text.js';
import { ProcessorTimeoutError } from '../errors.js';

/** For errors. */
export interface HookCall {
  /** `PeakFinder.onStop` */
  readonly name: string;
  /** `--drain-timeout` */
  readonly limitMs: number;
  /** From when on the time counts: the worker was told to stop, or has ended. */
  readonly stopping: AbortSignal;
}

/**
 * Waits for a hook, for ever until the worker is to stop, and at most `limitMs` from then on: one that never settles must
 * not hold the process.
 *
 * @throws {ProcessorTimeoutError} it has not settled in time; it may still run
 * @throws what the hook throws
 */
export async function callHook(call: () => unknown, { name, limitMs, stopping }: HookCall): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let begin = (): void => undefined;
  const late = new Promise<never>((_resolve, reject) => {
    begin = () => {
      const limit = durationText(limitMs);
      timer = setTimeout(() => {
        reject(
          new ProcessorTimeoutError(
            `${name} has not ended within ${limit} (--drain-timeout) of the stop: leaving without it`,
          ),
        );
      }, limitMs);
    };
  });
  if (stopping.aborted) begin();
  else stopping.addEventListener('abort', begin, { once: true });
  try {
    await Promise.race([call(), late]);
  } finally {
    clearTimeout(timer);
    stopping.removeEventListener('abort', begin);
  }
}
