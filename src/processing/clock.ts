/** Time as the processing of files sees it; a test passes its own. */
export interface Clock {
  /** Milliseconds since an arbitrary moment; never goes back. */
  now(): number;
  /** Calls back once after `ms` milliseconds. @returns cancels it; harmless when it is too late */
  after(ms: number, callback: () => void): () => void;
  /** Calls back soon, after the event loop had a chance to handle signals, messages and timers. */
  defer(callback: () => void): void;
}

/** `setTimeout` fires at once when it is given more (about 24.8 days). */
const longestTimerMs = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, longestTimerMs));
    return () => {
      clearTimeout(timer);
    };
  },
  defer(callback) {
    setImmediate(callback);
  },
};
