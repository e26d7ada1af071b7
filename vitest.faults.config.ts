import { defineConfig } from 'vitest/config';

/** What takes minutes together (kills, lost requests, rebalances, rules switched off), and so is no part of `npm test`. */
export const faultTests = [
  'test/cli/isolation.test.ts',
  'test/docs/run-testing-page.test.ts',
  'test/failpoints/**/*.test.ts',
  'test/fuzz/fuzz-chunks.test.ts',
  'test/invariants/any-size.test.ts',
  'test/invariants/broker-outage.test.ts',
  'test/invariants/by-file.test.ts',
  'test/invariants/colocate.test.ts',
  'test/invariants/crash-guard.test.ts',
  'test/invariants/dead-letters.test.ts',
  'test/invariants/disk-mode.test.ts',
  'test/invariants/failure-policy.test.ts',
  'test/invariants/isolation.test.ts',
  'test/invariants/kill-and-restart.test.ts',
  'test/invariants/lost-chunks.test.ts',
  'test/invariants/exactly-once.test.ts',
  'test/invariants/proxy-faults.test.ts',
  'test/invariants/proxy-transactions.test.ts',
  'test/invariants/rebalance-storm.test.ts',
  'test/invariants/replay.test.ts',
  'test/invariants/restart-cost.test.ts',
  'test/invariants/set-aside.test.ts',
  'test/invariants/state-topic.test.ts',
  'test/invariants/stream-compressed.test.ts',
  'test/invariants/stream-in-any-place.test.ts',
  'test/invariants/superseded.test.ts',
  'test/invariants/tables.test.ts',
  'test/invariants/versions.test.ts',
  'test/invariants/watch-and-download.test.ts',
  'test/kafka-driver/outage.test.ts',
  'test/simulation/mutations.test.ts',
];

/** On the embedded broker; on real Kafka they run with the other tests there. */
export default defineConfig({
  test: {
    include: faultTests,
    // Loading the sources anew for each file took longer than most files do. What a file changes in its process it puts back.
    isolate: false,
    // Four of them leave a third of two cores idle.
    maxWorkers: 4,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
