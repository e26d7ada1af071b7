import type { BrokerError } from '../errors.js';
import type { KafkaDriver } from './driver.js';

/** Shorter trouble is nothing to tell of. */
const firstLookMs = 1_000;
const lookMs = 250;

/**
 * Tells once that Kafka cannot be reached, while something waits for a connection. The client tries for seconds before it
 * gives up and says why, and whoever mistyped a port would look at an empty screen for so long.
 *
 * @returns ends it
 */
export function tellOfTrouble(
  driver: Pick<KafkaDriver, 'connectionTrouble'>,
  tell: (error: BrokerError) => void,
): () => void {
  const look = (): void => {
    const error = driver.connectionTrouble();
    if (error === undefined) timer = setTimeout(look, lookMs).unref();
    else tell(error);
  };
  let timer = setTimeout(look, firstLookMs).unref();
  return () => clearTimeout(timer);
}
