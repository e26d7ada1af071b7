import { defineConfig } from 'vitest/config';

/** What takes minutes together (kills, lost requests, rebalances, rules switched off), and so is no part of `npm test`. */
export const faultTests = [
  'test/failpoints/**/*.test.ts',
  'test/fuzz/fuzz-chunks.test.ts',
  'test/invariants/colocate.test.ts',
  'test/invariants/crash-guard.test.ts',
  'test/invariants/dead-letters.test.ts',
  'test/invariants/disk-mode.test.ts',
  'test/invariants/failure-policy.test.ts',
  'test/invariants/lost-chunks.test.ts',
  'test/invariants/proxy-faults.test.ts',
  'test/invariants/proxy-transactions.test.ts',
  'test/invariants/rebalance-storm.test.ts',
  'test/invariants/state-topic.test.ts',
  'test/invariants/superseded.test.ts',
  'test/simulation/mutations.test.ts',
];

/** On the embedded broker; on real Kafka they run with the other tests there. */
export default defineConfig({
  test: {
    include: faultTests,
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
