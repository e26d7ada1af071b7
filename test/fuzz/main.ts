/**
 * `npm run fuzz -- [--minutes 1] [--seed N]`
 *
 * Sends the embedded broker requests that a fuzzer has damaged, without a network: every API and version, fields with lengths that
 * nearly fit, cut and repeated. Each is answered or found malformed; anything else, and an answer that is not well-formed, ends
 * the run with exit code 1 and the bytes. The same seed makes the same requests.
 */
import { parseArgs } from 'node:util';
import { fuzzDispatch } from './fuzz-dispatch.js';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '1' }, seed: { type: 'string' } },
});
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const endMs = Date.now() + Number(values.minutes) * 60_000;
console.log(`seed ${seed}`);

const result = await fuzzDispatch(seed, () => Date.now() < endMs);
if (result.kind === 'failed') {
  console.log(`request ${result.requestCount}: ${result.frame.toString('hex')}`);
  console.log(result.reason);
  process.exit(1);
}
const { requestCount, answeredCount, malformedCount, closedCount } = result;
console.log(
  `${requestCount} requests: ${answeredCount} answered, ${malformedCount} malformed, ${closedCount} closed`,
);
const megabytes = Math.round(process.memoryUsage().rss / 1e6);
console.log(`memory at the end: ${megabytes} MB`);
process.exit(0);
