/** A started timer. */
export interface Timer {
  /** Stops the timer; does nothing when it has fired. */
  cancel(): void;
}

/** Time as the broker sees it: session timeouts, rebalance timeouts, fetch waits and append times all come from here. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `action` once, `delayMs` from now. */
  startTimer(delayMs: number, action: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  startTimer(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return { cancel: () => clearTimeout(timer) };
  },
};
