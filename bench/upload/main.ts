/**
 * `reproducer upload` beside the Python original and librdkafka alone: see ../README.md.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openBroker } from '../measuring/open-broker.js';
import { median } from '../measuring/statistics.js';
import { shortNumber, tableLines } from '../measuring/table.js';
import { measureUpload, type UploadMeasurement } from './measured-upload.js';
import { SourceFiles, uploadCases, type UploadCase } from './source-files.js';
import { uploaders } from './uploaders.js';

const text = { type: 'string' } as const;
const { values: given } = parseArgs({
  options: {
    brokers: text,
    'kafka-version': { ...text, default: '4.1.0' },
    scale: { ...text, default: '1' },
    rounds: { ...text, default: '3' },
    cases: { ...text, default: uploadCases.map(({ name }) => name).join(',') },
    programs: { ...text, default: 'product,python,bare' },
    other: text,
    json: text,
  },
});

/** Medians over the rounds. */
interface UploadResult {
  readonly name: string;
  readonly seconds: number;
  readonly netSeconds: number;
  readonly netMegabytesPerSecond: number;
  readonly netFilesPerSecond: number;
  readonly cpuSecondsPerGigabyte: number;
  readonly peakMebibytes: number;
}

const all = uploaders(given.programs.split(','), given.other);
for (const { name, description } of all) console.log(`${name}: ${description}`);

/** Every program once per round, beginning with another one each time. */
async function measureCase(brokers: readonly string[], chosen: UploadCase): Promise<UploadResult[]> {
  const source = new SourceFiles(chosen);
  const measured = new Map<string, UploadMeasurement[]>(all.map(({ name }) => [name, []]));
  try {
    const rounds = Number(given.rounds);
    for (let run = 0; run < rounds * all.length; run += 1) {
      const uploader = all[(run + Math.floor(run / all.length)) % all.length]!;
      const found = await measureUpload(uploader, brokers, source);
      measured.get(uploader.name)!.push(found);
      const times = `${found.seconds.toFixed(2)} s, ${found.netSeconds.toFixed(2)} s from the first chunk`;
      console.log(`${chosen.name} ${uploader.name}: ${times}, CPU ${found.cpuSeconds.toFixed(2)} s`);
    }
  } finally {
    source.remove();
  }
  return [...measured].map(([name, runs]) => resultOf(chosen, name, runs));
}

function resultOf({ fileCount, fileBytes }: UploadCase, name: string, runs: readonly UploadMeasurement[]) {
  const bytes = fileCount * fileBytes;
  const netSeconds = Math.max(0.01, median(runs.map(run => run.netSeconds)));
  return {
    name,
    seconds: median(runs.map(run => run.seconds)),
    netSeconds,
    netMegabytesPerSecond: bytes / netSeconds / 1e6,
    netFilesPerSecond: fileCount / netSeconds,
    cpuSecondsPerGigabyte: (median(runs.map(run => run.cpuSeconds)) / bytes) * 1e9,
    peakMebibytes: median(runs.map(run => run.peakBytes)) / 2 ** 20,
  };
}

/** Of the product to another program; undefined where one was not measured. */
function ratioTo(results: readonly UploadResult[], name: string): number | undefined {
  const rateOf = (wanted: string) => results.find(result => result.name === wanted)?.netFilesPerSecond;
  const [product, other] = [rateOf('product'), rateOf(name)];
  return product === undefined || other === undefined ? undefined : product / other;
}

function print({ name, fileCount, fileBytes }: UploadCase, results: readonly UploadResult[]): void {
  console.log(`\n${name}: ${fileCount} files of ${fileBytes / 1024} KiB; medians`);
  const header = ['program', 'seconds', 'net s', 'net MB/s', 'net files/s', 'CPU s/GB', 'peak MiB'];
  const rows = results.map(one => [
    one.name,
    ...[one.seconds, one.netSeconds, one.netMegabytesPerSecond, one.netFilesPerSecond].map(shortNumber),
    ...[one.cpuSecondsPerGigabyte, one.peakMebibytes].map(shortNumber),
  ]);
  for (const line of tableLines(header, rows)) console.log(line);
  const target = name === 'large' ? 1.5 : 20;
  const found = ratioTo(results, 'python');
  const verdict = found === undefined ? 'not measured' : found >= target ? 'met   ' : 'MISSED';
  console.log(`${verdict}  at least ${target} times the rate of the Python original: ${shortNumber(found)}`);
  console.log(`of the rate of librdkafka alone: ${shortNumber(ratioTo(results, 'bare'))}`);
}

const broker = await openBroker(given.brokers, given['kafka-version']);
try {
  const report: Record<string, readonly UploadResult[]> = {};
  for (const each of uploadCases.filter(({ name }) => given.cases.split(',').includes(name))) {
    const chosen = { ...each, fileCount: Math.max(4, Math.round(each.fileCount * Number(given.scale))) };
    const results = await measureCase(broker.brokers, chosen);
    report[each.name] = results;
    print(chosen, results);
  }
  if (given.json !== undefined) writeFileSync(given.json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await broker.close();
}
