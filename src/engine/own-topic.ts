import { setTimeout as delay } from 'node:timers/promises';
import { BrokerError } from '../errors.js';
import type { KafkaDriver, ProducerPort, TopicInfo } from '../kafka/driver.js';

const firstBackoffMs = 250;
const maxBackoffMs = 5_000;
/** No path and no place. A record without value is nothing to who reads, and compaction removes it. */
const probeKey = Buffer.from('/');

/**
 * Makes a compacted topic where it is missing, and finds out whether it can be written: later there is no good way to say so.
 *
 * @param onFound gets the topic that was there already
 */
export async function openOwnTopic(
  driver: Pick<KafkaDriver, 'admin'>,
  producer: Pick<ProducerPort, 'send'>,
  topic: string,
  onFound: (found: TopicInfo) => void = () => undefined,
): Promise<void> {
  const admin = await driver.admin();
  try {
    const found = await admin.describeTopic(topic);
    if (found === null) await admin.createTopic(topic, 1, { 'cleanup.policy': 'compact' });
    else onFound(found);
  } finally {
    await admin.close();
  }
  await probeTopic(producer, topic);
}

/** Writes what is nothing to who reads, to find out whether the topic can be written. */
export function probeTopic(producer: Pick<ProducerPort, 'send'>, topic: string): Promise<void> {
  return producer.send(topic, 0, [{ key: probeKey, value: null, headers: {} }]);
}

export interface PersistenceHandlers {
  onTrouble(error: BrokerError): void;
  onRecovered(): void;
}

/**
 * Tries again what may succeed later.
 *
 * @returns the error that no retry mends; `closed` when the signal ends it, which is what fails then
 */
export async function persist<T>(
  action: () => Promise<T>,
  signal: AbortSignal,
  handlers: PersistenceHandlers,
): Promise<{ kind: 'done'; value: T } | { kind: 'failed'; error: BrokerError } | { kind: 'closed' }> {
  for (let failureCount = 0; !signal.aborted; failureCount += 1) {
    try {
      const value = await action();
      handlers.onRecovered();
      return { kind: 'done', value };
    } catch (error) {
      if (hasAborted(signal)) break;
      const failure = toBrokerError(error);
      if (!failure.retriable) return { kind: 'failed', error: failure };
      handlers.onTrouble(failure);
      const backoffMs = Math.min(firstBackoffMs * 2 ** failureCount, maxBackoffMs);
      await delay(backoffMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return { kind: 'closed' };
}

/** A function, as the compiler takes a property for unchanged over an `await`. */
function hasAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

/** @param text what cannot be done; the worker ends with it */
export function cannotUse(text: string, cause: BrokerError): BrokerError {
  return new BrokerError(text, { cause, retriable: false, isForbidden: cause.isForbidden });
}

export function toBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  return new BrokerError(error instanceof Error ? error.message : String(error), {
    cause: error,
    retriable: false,
  });
}
