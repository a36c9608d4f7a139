import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'quality/**/*.test.ts'],
    // Only a safety net against a test that hangs: no test may depend on how fast the machine is.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    allowOnly: false,
    passWithNoTests: false,
    globalSetup: ['test/postgres.ts'],
    reporters: ['default', './test/closing-line-reporter.ts'],
  },
});
