import { createTopic } from '../../test/invariants/harness/topics.js';
import { Lane } from '../latency/lane.js';
import { median, quantile } from '../measuring/statistics.js';
import { shortNumber, tableLines } from '../measuring/table.js';
import { sendFiles, startUpCase, type Case } from './cases.js';
import type { Competitor, CompetitorName } from './competitors.js';

const partitionCount = 4;
const warmUpTimeoutMs = 60_000;
const resultTimeoutMs = 300_000;

/** How long a program takes for a file that is being uploaded. */
export interface LiveRun {
  /** From the first chunk sent to the acknowledgement of the last one. */
  readonly uploadMs: number;
  /** From that acknowledgement until the result can be read. */
  readonly afterLastChunkMs: number;
}

export interface LiveResult {
  readonly name: CompetitorName;
  readonly runs: readonly LiveRun[];
}

/**
 * Uploads one file while the program runs, as fast as the broker takes it.
 *
 * A small file goes before, so that the program has joined its group and all code has run once.
 */
export async function liveRun(
  competitor: Competitor,
  brokers: readonly string[],
  file: Case,
): Promise<LiveRun> {
  const topic = await createTopic(brokers, `bench-live-${file.name}`, partitionCount);
  const lane = await Lane.open(brokers, competitor, topic);
  try {
    const warm = lane.nextResult(warmUpTimeoutMs);
    await sendFiles(brokers, topic, startUpCase);
    await warm;
    const result = lane.nextResult(resultTimeoutMs);
    const { uploadMs } = await sendFiles(brokers, topic, file);
    const acknowledged = performance.now();
    return { uploadMs, afterLastChunkMs: (await result) - acknowledged };
  } finally {
    await lane.close();
  }
}

export function printLive({ name, fileBytes }: Case, results: readonly LiveResult[]): void {
  console.log(`\n${name}: 1 file of ${fileBytes / 2 ** 20} MiB while it is uploaded; medians`);
  const rows = results.map(result => {
    const after = result.runs.map(({ afterLastChunkMs }) => afterLastChunkMs);
    const uploadMs = median(result.runs.map(run => run.uploadMs));
    const numbers = [uploadMs, quantile(after, 0), median(after), quantile(after, 1)];
    return [result.name, ...numbers.map(shortNumber)];
  });
  for (const line of tableLines(['program', 'upload ms', 'then ms: least', 'median', 'most'], rows))
    console.log(line);
}
