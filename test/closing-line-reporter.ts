import type { Reporter, TestModule } from 'vitest/node';

/** Prints the closing line that continuous integration reads: `N passed, N failed`. A module that failed to load counts as one failure. */
class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    let passed = 0;
    let failed = 0;
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        if (test.result().state === 'passed') passed += 1;
        else failed += 1;
      }
      failed += module.errors().length;
    }
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  }
}

// Vitest loads a reporter by its default export.
// biome-ignore lint/style/noDefaultExport: required by the reporter interface
export default ClosingLineReporter;
