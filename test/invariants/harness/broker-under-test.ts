import { EmbeddedKafka } from '../../../src/embedded-kafka/index.js';
import { RealKafka } from '../../real-kafka/real-kafka.js';

/** The broker that a test talks to. */
export interface BrokerUnderTest {
  readonly brokers: readonly string[];
  close(): Promise<void>;
}

/** A broker of the test's own, which it may take away. */
export interface FragileBroker extends BrokerUnderTest {
  /** As a crash does: connections are cut, nothing is said. The data stays. */
  crash(): Promise<void>;
  /** On the same port, with the same data. */
  resume(): Promise<void>;
}

const given = process.env['KAFKA_REPRODUCER_TEST_BROKERS'] ?? '';

/** Whether the tests run on real Kafka, in full, and not on the embedded broker, in short. */
export const isOnRealKafka = given !== '';

const embeddedOptions = { minSessionTimeoutMs: 1000, autoCreateTopics: false };

/** Real Kafka when `KAFKA_REPRODUCER_TEST_BROKERS` names it, else an embedded broker. */
export async function brokerUnderTest(): Promise<BrokerUnderTest> {
  if (isOnRealKafka) return { brokers: given.split(','), close: () => Promise.resolve() };
  const kafka = await EmbeddedKafka.start(embeddedOptions);
  return { brokers: [kafka.brokers], close: () => kafka.stop() };
}

/** Of the same kind, but never the one that other tests use. */
export async function fragileBroker(): Promise<FragileBroker> {
  if (isOnRealKafka) {
    const kafka = await RealKafka.start({ set: { 'group.min.session.timeout.ms': '1000' } });
    return {
      brokers: kafka.brokers,
      crash: () => kafka.kill(),
      resume: () => kafka.resume(),
      close: () => kafka.stop(),
    };
  }
  const kafka = await EmbeddedKafka.start(embeddedOptions);
  return {
    brokers: [kafka.brokers],
    crash: () => kafka.stop(),
    resume: () => kafka.resume(),
    close: () => kafka.stop(),
  };
}
