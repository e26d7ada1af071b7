import { setTimeout as delay } from 'node:timers/promises';
import { durationText } from '../duration-text.js';
import { BrokerError } from '../errors.js';
import type { LineWriter } from '../observe/line-writer.js';

const usuallyWithinMs = 30_000;
const firstBackoffMs = 50;
const maxBackoffMs = 1_000;
/** Shorter trouble is nothing to tell of. */
const firstMentionedFailure = 3;

/**
 * Brokers hear of a new topic one after the other, and may be about to start.
 *
 * @param withinMs Infinity: without end
 * @throws what does not pass in time
 */
export async function whileNotReady<T>(
  log: LineWriter,
  act: () => Promise<T>,
  withinMs = usuallyWithinMs,
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  for (let failureCount = 0; ; failureCount += 1) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof BrokerError) || !error.retriable || performance.now() > deadlineMs) throw error;
      const write = failureCount === firstMentionedFailure ? 'warn' : 'debug';
      const howLong = withinMs === Infinity ? 'until it succeeds' : `for ${durationText(withinMs)}`;
      log[write]({ err: error }, `${error.message}; this is tried again ${howLong}`);
    }
    await delay(Math.min(firstBackoffMs * 2 ** failureCount, maxBackoffMs));
  }
}
