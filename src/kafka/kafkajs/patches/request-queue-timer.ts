import { internals } from '../kafkajs-internals.js';

/**
 * Lets kafkajs set its timer for throttled requests only when one waits.
 *
 * Unpatched, each connection wakes up about 900 times a second for nothing (kafkajs issue 1704: 4.6 % of a CPU for
 * an idle consumer and producer on three brokers), and Node 24 and later warn of its negative time-outs.
 */
export function calmRequestQueues(): void {
  const prototype = internals.requestQueue;
  if (prototype === undefined) return;
  prototype.scheduleCheckPendingRequests = function () {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    // Not throttled: the queue is full, and an answered request checks it. 10 ms is kafkajs's own fallback.
    const waitMs = Math.max(this.throttledUntil - Date.now(), 10);
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    }, waitMs);
  };
}
