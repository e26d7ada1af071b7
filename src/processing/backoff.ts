/** No wait grows beyond this, unless `backoffMs` itself is longer. */
const maxBackoffMs = 300_000;
const jitter = 0.2;

/**
 * How long to wait after a failed attempt: `backoffMs` after the first, twice as long after each further one, 5 minutes at
 * most, and up to 20 % more or less, so that files that failed together do not come back together.
 *
 * @param failedAttempt 1-based
 * @param random from 0 up to 1
 */
export function backoffDelayMs(backoffMs: number, failedAttempt: number, random: number): number {
  const exponential = Math.min(backoffMs * 2 ** (failedAttempt - 1), Math.max(backoffMs, maxBackoffMs));
  return Math.round(exponential * (1 - jitter + 2 * jitter * random));
}
