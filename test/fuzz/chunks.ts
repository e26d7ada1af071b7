/**
 * `npm run fuzz:chunks -- [--minutes 1] [--seed N]`
 *
 * Sends a worker good files and damaged copies of their chunks, in rounds: see `fuzzRound`. Exit code 1: something did not hold, a
 * good file has no result, or a message was given up twice. The same seed sends the same messages; in which order the worker
 * reads its partitions differs.
 */
import { parseArgs } from 'node:util';
import { fuzzRound } from './fuzz-chunks.js';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
});
let seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 30));
const endMs = Date.now() + Number(values.minutes) * 60_000;
const sum = { rounds: 0, messages: 0, badInput: 0, failedFiles: 0, problems: 0, lost: 0, repeated: 0 };
do {
  const { problems, lost, repeated, messageCount, badInputCount, failedFileCount } = await fuzzRound(seed);
  for (const problem of problems) console.log(`seed ${seed}: ${problem}`);
  for (const path of lost) console.log(`seed ${seed}: ${path} has no result`);
  for (const message of repeated) console.log(`seed ${seed}: given up twice: ${message}`);
  sum.rounds += 1;
  sum.messages += messageCount;
  sum.badInput += badInputCount;
  sum.failedFiles += failedFileCount;
  sum.problems += problems.length;
  sum.lost += lost.length;
  sum.repeated += repeated.length;
  seed += 1;
} while (Date.now() < endMs);
console.log(JSON.stringify(sum));
process.exit(sum.problems + sum.lost + sum.repeated > 0 ? 1 : 0);
