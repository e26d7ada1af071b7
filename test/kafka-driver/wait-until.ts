import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a state; `describe` says what is there when it does not come. */
export async function waitUntil(
  isReached: () => boolean | Promise<boolean>,
  describe: () => string = () => isReached.toString(),
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isReached())) {
    if (Date.now() > deadline) throw new Error(`not reached in ${timeoutMs} ms: ${describe()}`);
    await delay(5);
  }
}
