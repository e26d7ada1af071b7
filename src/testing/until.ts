import { setTimeout as delay } from 'node:timers/promises';

/** How long to wait for a state. */
export interface WaitOptions {
  /** Milliseconds of real time; default 10,000. */
  readonly timeoutMs?: number;
}

const defaultTimeoutMs = 10_000;
/** Between two looks: short beside what a request takes. */
const lookEveryMs = 5;

/**
 * Waits for a state, where a test would otherwise sleep.
 *
 * ```ts
 * await until('two members', () => kafka.group('peaks')?.members.length === 2);
 * ```
 * @param what - names the state, for the error
 * @param isReached - looked at every few milliseconds; what it throws ends the wait
 * @param describe - what there is instead, for the error
 * @throws {Error} the time is over; names the state and what there was instead
 */
export async function until(
  what: string,
  isReached: () => boolean | Promise<boolean>,
  options: WaitOptions = {},
  describe: () => string = () => '',
): Promise<void> {
  const { timeoutMs = defaultTimeoutMs } = options;
  const end = performance.now() + timeoutMs;
  while (!(await isReached())) {
    if (performance.now() > end) {
      throw new Error(`not reached within ${timeoutMs} ms: ${what}${describe()}`);
    }
    await delay(lookEveryMs);
  }
}
