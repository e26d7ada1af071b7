import { until } from '../../src/testing/until.js';

/** Waits for a state that its own code names; `describe` says what is there when it does not come. */
export function waitUntil(
  isReached: () => boolean | Promise<boolean>,
  describe?: () => string,
  timeoutMs = 20_000,
): Promise<void> {
  return until(isReached.toString(), isReached, { timeoutMs }, () =>
    describe === undefined ? '' : `; ${describe()}`,
  );
}
