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
    ],
    // One after the other: a broker, workers and checkers share few cores, and some tests watch time-outs of Kafka.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
