/**
 * Latency of one small file at a time, beside a bare kafkajs loop: see ../README.md.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { Partitioners, type Producer } from 'kafkajs';
import { openBroker } from '../measuring/open-broker.js';
import { median, quantile } from '../measuring/statistics.js';
import { shortNumber, tableLines } from '../measuring/table.js';
import { seededBytes, seededRandom } from '../../test/invariants/harness/seeded-random.js';
import { scatteredPartition, sentFile } from '../../test/invariants/harness/sent-file.js';
import { createTopic, plainKafka } from '../../test/invariants/harness/topics.js';
import { isCompetitorName, type CompetitorName } from '../throughput/competitors.js';
import { openLanes, type Lane } from './lane.js';

const text = { type: 'string' } as const;
const { values: given } = parseArgs({
  options: {
    brokers: text,
    'kafka-version': { ...text, default: '4.1.0' },
    files: { ...text, default: '100' },
    'file-bytes': { ...text, default: '20000' },
    programs: { ...text, default: 'product,reply' },
    json: text,
  },
});
const fileCount = Number(given.files);
const warmUpCount = 5;
const partitionCount = 4;

interface LatencyResult {
  readonly name: CompetitorName;
  readonly medianMs: number;
  readonly p90Ms: number;
  readonly maxMs: number;
  medianToBare?: number;
}

/** @returns milliseconds from the acknowledgement of the file's chunk until its result was read */
async function sendOne(producer: Producer, lane: Lane, at: number): Promise<number> {
  const path = `latency/file${String(at).padStart(5, '0')}.bin`;
  const content = seededBytes(`${lane.name}/${at}`, Number(given['file-bytes']));
  const messages = sentFile(path, content, 512 * 1024).chunks.map(({ key, value }) => ({
    key,
    value,
    partition: scatteredPartition(key, partitionCount),
  }));
  const result = lane.nextResult();
  await producer.send({ topic: lane.topic, messages });
  const acknowledged = performance.now();
  return (await result) - acknowledged;
}

async function measure(producer: Producer, lanes: readonly Lane[]): Promise<Map<CompetitorName, number[]>> {
  const random = seededRandom(7);
  const taken = new Map<CompetitorName, number[]>(lanes.map(({ name }) => [name, []]));
  for (let at = -warmUpCount; at < fileCount; at += 1) {
    for (const lane of lanes) {
      // Idle for a while, and never in step with the fetches of the programs.
      await delay(50 + random() * 150);
      const milliseconds = await sendOne(producer, lane, at + warmUpCount);
      if (at >= 0) taken.get(lane.name)!.push(milliseconds);
    }
  }
  return taken;
}

function results(taken: ReadonlyMap<CompetitorName, readonly number[]>): LatencyResult[] {
  const all: LatencyResult[] = [...taken].map(([name, values]) => ({
    name,
    medianMs: median(values),
    p90Ms: quantile(values, 0.9),
    maxMs: quantile(values, 1),
  }));
  const bare = all.find(({ name }) => name === 'reply');
  if (bare !== undefined) for (const result of all) result.medianToBare = result.medianMs / bare.medianMs;
  return all;
}

function print(all: readonly LatencyResult[]): void {
  const rows = all.map(({ name, medianMs, p90Ms, maxMs, medianToBare }) => [
    name,
    ...[medianMs, p90Ms, maxMs, medianToBare].map(shortNumber),
  ]);
  console.log(`\nfiles of ${given['file-bytes']} bytes, ${fileCount} each, one at a time`);
  for (const line of tableLines(['program', 'median ms', 'p90 ms', 'max ms', 'median/reply'], rows))
    console.log(line);
  const once = all.find(({ name }) => name === 'exactly-once');
  if (once !== undefined)
    console.log(`${once.medianMs < 40 ? 'met   ' : 'MISSED'}  exactly once: median under 40 ms`);
  const product = all.find(({ name }) => name === 'product');
  if (product?.medianToBare === undefined) return;
  const isMet = product.medianToBare <= 1.5 && product.medianMs < 15;
  console.log(`${isMet ? 'met   ' : 'MISSED'}  median at most 1.5 times the bare loop's, and under 15 ms`);
}

const broker = await openBroker(given.brokers, given['kafka-version']);
const lanes: Lane[] = [];
try {
  const { brokers } = broker;
  const producer = plainKafka(brokers).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const wanted = given.programs.split(',').filter(isCompetitorName);
  const topic = (): Promise<string> => createTopic(brokers, 'latency', partitionCount);
  await openLanes(brokers, wanted, topic, lanes);
  const all = results(await measure(producer, lanes));
  print(all);
  if (given.json !== undefined) writeFileSync(given.json, `${JSON.stringify(all, null, 2)}\n`);
  else console.log(`\n${JSON.stringify(all)}`);
  await producer.disconnect();
} finally {
  for (const lane of lanes) await lane.close();
  await broker.close();
}
