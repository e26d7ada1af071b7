import { type Clock } from '../clock.js';
import { type Isolation, type PartitionLog } from './partition-log.js';

/** A place in a log that somebody wants to read from. */
export interface ReadPosition {
  readonly log: PartitionLog;
  readonly offset: bigint;
  readonly isolation: Isolation;
}

/**
 * Whether a fetch can be answered at once: enough bytes are there, or an offset is out of range, which is an answer too.
 */
export function hasBytes(positions: readonly ReadPosition[], minBytes: number): boolean {
  let byteLength = 0;
  for (const { log, offset, isolation } of positions) {
    const available = log.availableBytes(offset, isolation);
    if (available === undefined) return true;
    byteLength += available;
    if (byteLength >= minBytes) return true;
  }
  return false;
}

/**
 * Resolves when `minBytes` can be read, when `maxWaitMs` have passed, or when `closed` is aborted. Woken by appends and ends of transactions:
 * nothing runs while nothing happens.
 */
export function awaitBytes(
  positions: readonly ReadPosition[],
  minBytes: number,
  maxWaitMs: number,
  clock: Clock,
  closed: AbortSignal,
): Promise<void> {
  return new Promise(resolve => {
    const finish = (): void => {
      timer.cancel();
      for (const stop of stops) stop();
      closed.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.startTimer(maxWaitMs, finish);
    const stops = positions.map(({ log }) =>
      log.onChange(() => {
        if (log.isClosed || hasBytes(positions, minBytes)) finish();
      }),
    );
    closed.addEventListener('abort', finish);
  });
}
