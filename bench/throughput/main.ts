/**
 * Throughput of the product beside bare kafkajs loops and the Python original: see ../README.md.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { withAdmin } from '../../test/invariants/harness/topics.js';
import { openBroker } from '../measuring/open-broker.js';
import { processUsage } from '../measuring/process-usage.js';
import { cases, fillTopic, scaled, startUpCase, type Case, type FilledTopic } from './cases.js';
import { competitors, isCompetitorName, type Competitor, type CompetitorName } from './competitors.js';
import { liveRun, printLive, type LiveResult, type LiveRun } from './last-chunk.js';
import { measureRun, type Measurement } from './measured-run.js';
import { caseResult, printCase, type CaseResult } from './report.js';
import { printTargets } from './targets.js';

const text = { type: 'string' } as const;
const { values: given } = parseArgs({
  options: {
    brokers: text,
    'kafka-version': { ...text, default: '4.1.0' },
    scale: { ...text, default: '1' },
    rounds: { ...text, default: '3' },
    cases: { ...text, default: cases.map(({ name }) => name).join(',') },
    programs: { ...text, default: 'product,exactly-once,count,join,reply,python' },
    'idle-seconds': { ...text, default: '20' },
    lz4: { type: 'boolean', default: false },
    json: text,
  },
});
const rounds = Number(given.rounds);

/** Every program once per round, beginning with another one each time, so that no one always runs in the same weather. */
async function measureCase(
  brokers: readonly string[],
  filled: FilledTopic,
  all: readonly Competitor[],
): Promise<Map<CompetitorName, Measurement[]>> {
  const measured = new Map<CompetitorName, Measurement[]>(all.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < all.length; turn += 1) {
      const competitor = all[(round + turn) % all.length]!;
      const run = await measureRun(competitor, brokers, filled);
      measured.get(competitor.name)!.push(run);
      console.log(
        `${filled.name} ${competitor.name} round ${round + 1}: ${run.seconds.toFixed(2)} s, CPU ${run.cpuSeconds.toFixed(2)} s`,
      );
    }
  }
  return measured;
}

/** The same with a file that is uploaded meanwhile, for programs that send results. */
async function measureLive(
  brokers: readonly string[],
  file: Case,
  all: readonly Competitor[],
): Promise<LiveResult[]> {
  const sending = all.filter(({ endsWith }) => endsWith === 'results');
  const results = sending.map(({ name }) => ({ name, runs: [] as LiveRun[] }));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < sending.length; turn += 1) {
      const at = (round + turn) % sending.length;
      const run = await liveRun(sending[at]!, brokers, file);
      results[at]!.runs.push(run);
      console.log(
        `${file.name} ${results[at]!.name} live round ${round + 1}: ${run.afterLastChunkMs.toFixed(0)} ms after the last chunk`,
      );
    }
  }
  return results;
}

/** Share of one CPU that a worker uses while nothing comes. */
async function idleCpuShare(
  brokers: readonly string[],
  product: Competitor,
  filled: FilledTopic,
): Promise<number> {
  const seconds = Number(given['idle-seconds']);
  let share = Number.NaN;
  await measureRun(product, brokers, filled, async pid => {
    await delay(3000);
    const before = processUsage(pid).cpuSeconds;
    await delay(seconds * 1000);
    share = (processUsage(pid).cpuSeconds - before) / seconds;
  });
  return share;
}

async function main(brokers: readonly string[]): Promise<void> {
  const wanted = given.programs.split(',').filter(isCompetitorName);
  const all = await competitors(wanted);
  for (const { name, description } of all) console.log(`${name}: ${description}`);
  const startUp = await fillTopic(brokers, startUpCase);
  const startUps = await measureCase(brokers, startUp, all);
  const results: CaseResult[] = [];
  const live: { file: Case; results: LiveResult[] }[] = [];
  for (const chosen of cases.filter(({ name }) => given.cases.split(',').includes(name))) {
    const scaledCase = scaled(chosen, Number(given.scale));
    const filled = await fillTopic(brokers, { ...scaledCase, isLz4: given.lz4 });
    const taking = all.filter(({ name }) => name !== 'python' || filled.isTooMuchForPython !== true);
    const measured = await measureCase(brokers, filled, taking);
    const runs = taking.map(competitor => ({
      competitor,
      runs: measured.get(competitor.name)!,
      startUps: startUps.get(competitor.name)!,
    }));
    results.push(caseResult(filled, runs));
    if (filled.fileCount > 1) continue;
    await withAdmin(brokers, admin => admin.deleteTopics({ topics: [filled.topic] }));
    live.push({ file: filled, results: await measureLive(brokers, filled, taking) });
  }
  const product = all.find(({ name }) => name === 'product');
  const idle =
    product === undefined || Number(given['idle-seconds']) === 0
      ? undefined
      : await idleCpuShare(brokers, product, startUp);
  results.forEach(printCase);
  for (const { file, results: itsResults } of live) printLive(file, itsResults);
  printTargets(results, live, idle);
  const machine = {
    cpus: cpus().length,
    model: cpus()[0]?.model,
    loadAverage: loadavg(),
    node: process.version,
  };
  const report = {
    machine,
    rounds,
    scale: Number(given.scale),
    isLz4: given.lz4,
    idleCpuShare: idle,
    cases: results,
    live,
  };
  if (given.json !== undefined) writeFileSync(given.json, `${JSON.stringify(report, null, 2)}\n`);
  else console.log(`\n${JSON.stringify(report)}`);
}

const broker = await openBroker(given.brokers, given['kafka-version']);
try {
  await main(broker.brokers);
} finally {
  await broker.close();
}
