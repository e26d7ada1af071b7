import { setTimeout as delay } from 'node:timers/promises';

/** Time as the driver sees it; a test passes its own. */
export interface Time {
  /** Milliseconds that never go back. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

export const systemTime: Time = { now: () => performance.now(), sleep: ms => delay(ms) };
