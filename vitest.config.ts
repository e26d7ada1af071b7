import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/kafka/**', 'test/interop/**', 'node_modules/**'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Most of the time goes into waiting for processes and brokers, so two at once fit even on two cores.
    maxWorkers: 2,
    coverage: { provider: 'v8', include: ['src/**', 'decorators/**'], reporter: ['text-summary', 'html'] },
  },
});
