// count-tests.mjs REPORT EXIT_CODE: prints "passed failed skipped" of a JSON report of Vitest. A run that failed without a
// failed test (a file that does not load, no report, out of time) counts as one failure.
import console from 'node:console';
import process from 'node:process';
import { readFileSync } from 'node:fs';

const [path, exitCode] = process.argv.slice(2);
let report = {};
try {
  report = JSON.parse(readFileSync(path, 'utf8'));
} catch {
  // No report: the exit code tells.
}
const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0, numTotalTests = 0 } = report;
const hasFailedOtherwise = numFailedTests === 0 && (exitCode !== '0' || numTotalTests === 0);
console.log(numPassedTests, numFailedTests + (hasFailedOtherwise ? 1 : 0), numPendingTests);
