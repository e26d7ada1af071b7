import { defineConfig } from 'vitest/config';

/** What runs on a real broker, which `KAFKA_REPRODUCER_TEST_BROKERS` names: see test/kafka/run-on-real-kafka.sh. */
export default defineConfig({
  test: {
    include: [
      'test/kafka-driver/**/*.test.ts',
      'test/kafka/**/*.test.ts',
      'test/transactions/**/*.test.ts',
      'test/invariants/**/*.test.ts',
      'test/failpoints/**/*.test.ts',
      'test/interop/**/*.test.ts',
      'test/s3/**/*.test.ts',
    ],
    // Most of the time they wait for time-outs of Kafka; each has topics and groups of its own.
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
