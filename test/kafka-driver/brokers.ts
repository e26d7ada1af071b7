import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import { EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import type { ConnectionOptions, KafkaDriver } from '../../src/kafka/driver.js';
import { createKafkajsDriver, type KafkajsDriverOptions } from '../../src/kafka/kafkajs/create-driver.js';
import { silentLogger } from '../../src/logger.js';
import { RealKafka } from '../real-kafka/real-kafka.js';

export interface TestBroker {
  readonly brokers: readonly string[];
  stop(): Promise<void>;
}

/** A broker of this test alone, that may go away and come back with its data. */
export interface RestartableBroker extends TestBroker {
  goAway(): Promise<void>;
  comeBack(): Promise<void>;
}

const givenBrokers = process.env['KAFKA_REPRODUCER_TEST_BROKERS'];
/** Whether the tests run on Apache Kafka. */
export const isRealKafka = givenBrokers !== undefined;

/** The broker that KAFKA_REPRODUCER_TEST_BROKERS names, else an embedded one. */
export async function startTestBroker(): Promise<TestBroker> {
  if (givenBrokers !== undefined) return { brokers: givenBrokers.split(','), stop: () => Promise.resolve() };
  const kafka = await EmbeddedKafka.start({ minSessionTimeoutMs: 1_000 });
  return { brokers: [kafka.brokers], stop: () => kafka.stop() };
}

/** Starts a test broker for all tests of a file, with a driver to it. To be called outside of tests; set when they run. */
export function useTestBroker(): { readonly brokers: readonly string[]; readonly driver: KafkaDriver } {
  let broker: TestBroker;
  let driver: KafkaDriver;
  beforeAll(async () => {
    broker = await startTestBroker();
    driver = driverFor(broker.brokers);
  }, 60_000);
  afterAll(() => broker.stop());
  return {
    get brokers() {
      return broker.brokers;
    },
    get driver() {
      return driver;
    },
  };
}

/** Apache Kafka where the other tests run on it as well, else an embedded broker. */
export async function startRestartableBroker(): Promise<RestartableBroker> {
  if (isRealKafka) {
    const kafka = await RealKafka.start();
    return {
      brokers: kafka.brokers,
      stop: () => kafka.stop(),
      goAway: () => kafka.kill(),
      comeBack: () => kafka.resume(),
    };
  }
  const kafka = await EmbeddedKafka.start();
  return {
    brokers: [kafka.brokers],
    stop: () => kafka.stop(),
    goAway: () => kafka.stop(),
    comeBack: () => kafka.resume(),
  };
}

export function connectionTo(brokers: readonly string[]): ConnectionOptions {
  return { clientId: 'test', brokers, connectionTimeoutMs: 5_000, requestTimeoutMs: 10_000 };
}

export function driverFor(
  brokers: readonly string[],
  options: Partial<KafkajsDriverOptions> = {},
): KafkaDriver {
  return createKafkajsDriver({ connection: connectionTo(brokers), logger: silentLogger(), ...options });
}

/** Names that no other test and no earlier run has used. */
export function uniqueName(what: string): string {
  return `${what}-${randomUUID().slice(0, 8)}`;
}

export async function createTopic(
  driver: KafkaDriver,
  partitionCount: number,
  config: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = uniqueName('topic');
  const admin = await driver.admin();
  await admin.createTopic(topic, partitionCount, config);
  await admin.close();
  return topic;
}
