import { defineConfig } from 'vitest/config';
import { faultTests } from './vitest.faults.config.js';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      ...['test/kafka/**', 'test/interop/**', 'test/s3/**', 'node_modules/**'],
      // Minutes of kills and lost answers: `npm run test:faults`.
      ...faultTests,
    ],
    // For what hangs: starting a program takes 0.8 s of computing, which a machine that is busy with other things makes 15 s.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Loading the sources anew for each file took longer than most files do. What a file changes in its process it puts back.
    isolate: false,
    // Most of the time goes into waiting for processes and brokers, so four at once fit even on two cores.
    maxWorkers: 4,
    coverage: { provider: 'v8', include: ['src/**', 'decorators/**'], reporter: ['text-summary', 'html'] },
  },
});
