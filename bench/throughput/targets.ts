import { median } from '../measuring/statistics.js';
import type { LiveResult } from './last-chunk.js';
import type { CaseResult, CompetitorResult } from './report.js';

interface Target {
  readonly text: string;
  readonly found: number | undefined;
  readonly isMet: (found: number) => boolean;
}

/** What the project asks of itself. Prints each with what was found. */
export function printTargets(
  results: readonly CaseResult[],
  live: readonly { readonly file: { readonly name: string }; readonly results: readonly LiveResult[] }[],
  idleCpuShare: number | undefined,
): void {
  const resultOf = (name: string, program: string): CompetitorResult | undefined =>
    results.find(result => result.name === name)?.results.find(one => one.name === program);
  const productOf = (name: string) => resultOf(name, 'product');
  const once = resultOf('large', 'exactly-once')?.filesPerSecond;
  const large = productOf('large')?.filesPerSecond;
  const afterLastChunk = live
    .find(({ file }) => file.name === 'huge')
    ?.results.find(({ name }) => name === 'product')
    ?.runs.map(({ afterLastChunkMs }) => afterLastChunkMs);
  const targets: Target[] = [
    {
      text: 'large files: rate at least 0.75 of the joining and hashing loop',
      found: productOf('large')?.rateToLimit,
      isMet: found => found >= 0.75,
    },
    {
      text: 'large files: at most 1.4 times its CPU per GB',
      found: productOf('large')?.cpuToLimit,
      isMet: found => found <= 1.4,
    },
    ...['medium', 'small'].map(name => ({
      text: `${name} files: at least 5 times the files per second of the Python original`,
      found: productOf(name)?.rateToPython,
      isMet: (found: number) => found >= 5,
    })),
    {
      text: 'large files exactly once: rate at least 0.85 of at least once',
      found: once === undefined || large === undefined ? undefined : once / large,
      isMet: found => found >= 0.85,
    },
    {
      text: 'small files exactly once: at least 1,500 results a second',
      found: resultOf('small', 'exactly-once')?.resultsPerSecond,
      isMet: found => found >= 1_500,
    },
    {
      text: 'one file of 1 GiB: rate at least 1/1.2 of the joining and hashing loop',
      found: productOf('huge')?.rateToLimit,
      isMet: found => found >= 1 / 1.2,
    },
    {
      text: 'one file of 1 GiB: result at most 300 ms after its last chunk is acknowledged',
      found: afterLastChunk === undefined ? undefined : median(afterLastChunk),
      isMet: found => found <= 300,
    },
    {
      text: 'one file of 256 MiB: at least 20 times the rate of the Python original',
      found: productOf('single')?.rateToPython,
      isMet: found => found >= 20,
    },
    { text: 'idle: under 3 % of one CPU', found: idleCpuShare, isMet: found => found < 0.03 },
  ];
  console.log('');
  for (const { text, found, isMet } of targets) {
    if (found === undefined) console.log(`not measured  ${text}`);
    else console.log(`${isMet(found) ? 'met   ' : 'MISSED'}  ${text}: ${found.toFixed(3)}`);
  }
}
