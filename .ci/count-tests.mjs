// count-tests.mjs REPORT EXIT_CODE: prints "passed failed skipped" of a JSON report of Vitest. A file that does not load counts as
// one failure, and so does a run that failed without any (no report, out of time).
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
const unloadedFiles = (report.testResults ?? []).filter(
  ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
);
const failures = numFailedTests + unloadedFiles.length;
const hasFailedOtherwise = failures === 0 && (exitCode !== '0' || numTotalTests === 0);
console.log(numPassedTests, failures + (hasFailedOtherwise ? 1 : 0), numPendingTests);
