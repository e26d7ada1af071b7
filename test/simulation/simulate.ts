import { parseArgs } from 'node:util';
import type { Fact } from './facts.js';
import { findViolation, judgePlan, type Violation } from './find-violation.js';
import type { Plan } from './plan.js';
import { shrink } from './shrink.js';
import { Tally } from './tally.js';

/*
 * Runs the real engine against a simulated Kafka, in virtual time, with accidents: as many histories as asked for, each with a
 * seed of its own. Prints the first one that breaks a promise, made as small as possible. Exit code 1 then.
 *
 *   npm run simulate -- [--seed N] [--histories N]
 *   npm run simulate -- --plan JSON        runs one plan and prints what happened
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    histories: { type: 'string', default: '5000' },
    plan: { type: 'string' },
  },
});

if (values.plan === undefined) await runMany(Number(values.seed), Number(values.histories));
else print(await judgePlan(JSON.parse(values.plan) as Plan));

async function runMany(seed: number, count: number): Promise<void> {
  console.log(`seeds ${seed} to ${seed + count - 1}`);
  const tally = new Tally();
  const startMs = Date.now();
  const found = await findViolation(seed, count, history => {
    tally.add(history);
    if (tally.historyCount % 10_000 === 0) console.log(`  ${tally.historyCount}`);
  });
  const minutes = (Date.now() - startMs) / 60_000;
  console.log(`${tally.text()}; ${Math.round(tally.historyCount / minutes)} histories a minute`);
  if (found === undefined) {
    console.log('no violation');
    return;
  }
  console.log(`\nseed ${found.history.plan.seed} breaks a promise; the smallest history that does:\n`);
  print(await shrink(found));
  console.log(`\nrun it again, whole: npm run simulate -- --seed ${found.history.plan.seed} --histories 1`);
}

function print({ history, violations }: Violation): void {
  for (const fact of history.facts) console.log(line(fact));
  for (const violation of violations) console.log(`VIOLATION: ${violation}`);
  console.log(`\nthis history: npm run simulate -- --plan '${JSON.stringify(history.plan)}'`);
  if (violations.length > 0) process.exitCode = 1;
}

function line({ atMs, kind, ...rest }: Fact): string {
  const text = JSON.stringify(rest, (_key, value: unknown) => {
    if (value instanceof Map) return Object.fromEntries(value) as unknown;
    if (typeof value === 'object' && value !== null && 'sha512' in value && 'path' in value)
      return `${String(value.path)} ${String(value.sha512).slice(0, 8)}`;
    return value;
  });
  return `${atMs.toFixed(0).padStart(6)} ms  ${kind} ${text}`;
}
