import { EmbeddedKafka } from '../../../src/embedded-kafka/index.js';

/** The broker that a test talks to. */
export interface BrokerUnderTest {
  readonly brokers: readonly string[];
  /** Real Apache Kafka: then tests run in full; on the embedded broker in a short form. */
  readonly isReal: boolean;
  close(): Promise<void>;
}

/** Real Kafka when `KAFKA_REPRODUCER_TEST_BROKERS` names it, else an embedded broker of its own. */
export async function brokerUnderTest(): Promise<BrokerUnderTest> {
  const given = process.env['KAFKA_REPRODUCER_TEST_BROKERS'];
  if (given !== undefined && given !== '')
    return { brokers: given.split(','), isReal: true, close: () => Promise.resolve() };
  const kafka = await EmbeddedKafka.start({ minSessionTimeoutMs: 1000, autoCreateTopics: false });
  return { brokers: [kafka.brokers], isReal: false, close: () => kafka.stop() };
}

/** Whether the tests run on real Kafka. */
export const isOnRealKafka = (process.env['KAFKA_REPRODUCER_TEST_BROKERS'] ?? '') !== '';
