import { RealKafka } from '../../test/real-kafka/real-kafka.js';

export interface OpenBroker {
  readonly brokers: readonly string[];
  close(): Promise<void>;
}

/**
 * The broker that was named, or a real Kafka for this run.
 * @throws {MissingToolError} none was named, and Java or Maven is missing
 */
export async function openBroker(given: string | undefined, version: string): Promise<OpenBroker> {
  if (given !== undefined) return { brokers: given.split(','), close: () => Promise.resolve() };
  const kafka = await RealKafka.start({ version });
  return { brokers: kafka.brokers, close: () => kafka.stop() };
}
