import { setTimeout as delay } from 'node:timers/promises';
import { durationText } from '../duration-text.js';
import { BrokerError } from '../errors.js';
import type { KafkaDriver } from '../kafka/driver.js';
import { tellOfTrouble } from '../kafka/tell-of-trouble.js';
import type { LineWriter } from '../observe/line-writer.js';

const usuallyWithinMs = 30_000;
const firstBackoffMs = 50;
const maxBackoffMs = 1_000;
/** Shorter trouble is nothing to tell of. */
const firstMentionedFailure = 3;

export interface Patience {
  readonly driver: Pick<KafkaDriver, 'connectionTrouble'>;
  readonly log: LineWriter;
  /** Infinity: without end. Default: 30 s. */
  readonly withinMs?: number;
  /** The flag that says so. */
  readonly flag?: string;
}

/**
 * Brokers hear of a new topic one after the other, and may be about to start.
 *
 * @throws what does not pass in time
 */
export async function whileNotReady<T>(
  { driver, log, withinMs = usuallyWithinMs, flag }: Patience,
  act: () => Promise<T>,
): Promise<T> {
  const deadlineMs = performance.now() + withinMs;
  const named = flag === undefined ? '' : ` (${flag})`;
  const howLong = withinMs === Infinity ? 'until it succeeds' : `for ${durationText(withinMs)}${named}`;
  let isTold = false;
  const tell = (error: BrokerError): void => {
    if (isTold) return;
    isTold = true;
    log.warn({ err: error }, `${error.message}; this is tried again ${howLong}`);
  };
  const endTelling = tellOfTrouble(driver, tell);
  try {
    for (let failureCount = 0; ; failureCount += 1) {
      try {
        return await act();
      } catch (error) {
        if (!(error instanceof BrokerError) || !error.retriable || performance.now() > deadlineMs)
          throw error;
        if (failureCount >= firstMentionedFailure) tell(error);
        log.debug({ err: error }, error.message);
      }
      await delay(Math.min(firstBackoffMs * 2 ** failureCount, maxBackoffMs));
    }
  } finally {
    endTelling();
  }
}
