import { defineConfig } from 'vitest/config';

/** Workers that are killed at named points, on the embedded broker; on real Kafka they run with the other tests there. */
export default defineConfig({
  test: {
    include: ['test/failpoints/**/*.test.ts'],
    maxWorkers: 2,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
