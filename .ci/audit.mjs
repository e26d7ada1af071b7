// Prints what `npm audit` knows about the packages that users get. Fails on a high or critical advisory; exit code 77 when the
// registry gives no answer to audits.
import console from 'node:console';
import process from 'node:process';
import { spawnSync } from 'node:child_process';

const { stdout, stderr } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8' });
let report;
try {
  report = JSON.parse(stdout);
} catch {
  report = {};
}
const counts = report.metadata?.vulnerabilities;
if (counts === undefined) {
  console.log(
    `no audit: ${report.message ?? report.error?.summary ?? stderr.trim().split('\n').at(-1) ?? 'no answer'}`,
  );
  process.exit(77);
}
for (const [name, { severity, via }] of Object.entries(report.vulnerabilities ?? {})) {
  const titles = via.map(cause => (typeof cause === 'string' ? `through ${cause}` : cause.title));
  console.log(`audit: ${severity}: ${name}: ${titles.join('; ')}`);
}
console.log(`audit: ${JSON.stringify(counts)}`);
process.exit(counts.high + counts.critical > 0 ? 1 : 0);
