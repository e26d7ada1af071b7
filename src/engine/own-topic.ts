import { setTimeout as delay } from 'node:timers/promises';
import { BrokerError } from '../errors.js';
import type { KafkaDriver, ProducerPort } from '../kafka/driver.js';

const firstBackoffMs = 250;
const maxBackoffMs = 5_000;
/** No path and no place. A record without value is nothing to who reads, and compaction removes it. */
const probeKey = Buffer.from('/');

/** Makes a compacted topic where it is missing, and finds out whether it can be written: later there is no good way to say so. */
export async function openOwnTopic(
  driver: Pick<KafkaDriver, 'admin'>,
  producer: Pick<ProducerPort, 'send'>,
  topic: string,
): Promise<void> {
  const admin = await driver.admin();
  try {
    if ((await admin.describeTopic(topic)) === null)
      await admin.createTopic(topic, 1, { 'cleanup.policy': 'compact' });
  } finally {
    await admin.close();
  }
  await producer.send(topic, 0, [{ key: probeKey, value: null, headers: {} }]);
}

export interface PersistenceHandlers {
  onTrouble(error: BrokerError): void;
  onRecovered(): void;
}

/**
 * Tries again what may succeed later.
 *
 * @returns the error that no retry mends; `closed` when the signal ends it
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
      const failure = toBrokerError(error);
      if (!failure.retriable) return { kind: 'failed', error: failure };
      handlers.onTrouble(failure);
      const backoffMs = Math.min(firstBackoffMs * 2 ** failureCount, maxBackoffMs);
      await delay(backoffMs, undefined, { signal }).catch(() => undefined);
    }
  }
  return { kind: 'closed' };
}

function toBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  return new BrokerError(error instanceof Error ? error.message : String(error), {
    cause: error,
    retriable: false,
  });
}
