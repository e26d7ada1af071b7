import { defineConfig } from 'vitest/config';

/** With a real S3 server, which is built at first with Go: see test/s3/s3-server.ts. */
export default defineConfig({
  test: {
    include: ['test/s3/**/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
