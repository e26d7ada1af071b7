import { afterAll, beforeAll, describe } from 'vitest';
import { missingTools } from '../real-kafka/kafka-jars.js';

/**
 * Tests with a broker or cluster of Apache Kafka of their own, which is stopped after them. Without the tools for it they are
 * skipped, and the reason is printed.
 *
 * @param define is given a function that tells what was started, for hooks and tests
 */
export function describeWithKafka<T extends { stop(): Promise<void> }>(
  name: string,
  start: () => Promise<T>,
  define: (started: () => T) => void,
): void {
  const missing = missingTools();
  if (missing !== undefined) console.log(`Skipped: ${name}: ${missing}`);
  describe.skipIf(missing !== undefined)(name, () => {
    let starting: Promise<T> | undefined;
    let started: T;
    beforeAll(async () => {
      starting = start();
      started = await starting;
    });
    // Also one that is there only after the time for it is over.
    afterAll(async () => (await starting?.catch(() => undefined))?.stop());
    define(() => started);
  });
}
