import { findViolation } from './find-violation.js';
import { mutations } from './mutations.js';
import { planFor } from './switch-off.js';

/** Switches each rule of delivery off in turn; the simulation has to notice each. Exit code 1 when it does not. */
const mostHistories = 20_000;
let missedCount = 0;
for (const mutation of mutations) {
  const { name, install } = mutation;
  const restore = install();
  let count = 0;
  const found = await findViolation(1, mostHistories, () => (count += 1), planFor(mutation));
  restore();
  if (found === undefined) missedCount += 1;
  console.log(`${found === undefined ? 'NOT NOTICED' : `noticed after ${count}`}: ${name}`);
  if (found !== undefined) console.log(`    ${found.violations[0]!}`);
}
process.exitCode = missedCount === 0 ? 0 : 1;
