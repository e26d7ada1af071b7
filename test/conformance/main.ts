/**
 * `npm run conformance -- [--kafkajs FOLDER] [--suites kafkajs,librdkafka,java,kcat,openmsistream,franz-go,sarama,kafka-go,platformatic] [--version 4.1.0]
 *   [--json FILE] [--write]`
 *
 * Runs other people's clients against a real Apache Kafka and against the embedded broker, both new for each suite, and prints
 * what differs; `--write` puts the comparison into docs/embedded-kafka.md. A suite whose program is missing is reported as not
 * run. Exit code 1 when a test passes only on the real one.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as prettier from 'prettier';
import { EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { defaultVersion, RealKafka } from '../real-kafka/real-kafka.js';
import { apiTable } from './api-table.js';
import { compare, verdict } from './comparison.js';
import { replaceGenerated } from './generated-part.js';
import { reportLines, type SuiteReport } from './report.js';
import { type MissingSuite, type Outcome, type Suite } from './suite.js';
import { goSuite } from './suites/go-clients.js';
import { javaToolsSuite } from './suites/java-tools.js';
import { kafkajsSuite } from './suites/kafkajs.js';
import { kcatSuite } from './suites/kcat.js';
import { librdkafkaSuite } from './suites/librdkafka.js';
import { openmsistreamSuite } from './suites/openmsistream.js';
import { platformaticSuite } from './suites/platformatic.js';

const { values } = parseArgs({
  options: {
    kafkajs: { type: 'string' },
    suites: {
      type: 'string',
      default: 'kafkajs,librdkafka,java,kcat,openmsistream,franz-go,sarama,kafka-go,platformatic',
    },
    version: { type: 'string', default: defaultVersion },
    json: { type: 'string' },
    write: { type: 'boolean', default: false },
  },
});
const page = new URL('../../docs/embedded-kafka.md', import.meta.url);
/** Settings that both brokers have, next to Kafka's defaults. */
const partitionCount = 2;

const makers: Readonly<Record<string, () => Suite | MissingSuite>> = {
  kafkajs: () => kafkajsSuite(values.kafkajs),
  librdkafka: librdkafkaSuite,
  java: () => javaToolsSuite(values.version),
  kcat: kcatSuite,
  openmsistream: openmsistreamSuite,
  'franz-go': () => goSuite('franz-go'),
  sarama: () => goSuite('sarama'),
  'kafka-go': () => goSuite('kafka-go'),
  platformatic: platformaticSuite,
};

const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
const reports: SuiteReport[] = [];
try {
  for (const name of values.suites.split(',')) {
    const make = makers[name];
    if (make === undefined) throw new Error(`no suite ${name}: there are ${Object.keys(makers).join(', ')}`);
    reports.push(await runBoth(make(), join(folder, name)));
    printDifferences(reports.at(-1)!);
    // After each suite: what a long run has found is there when a later one breaks off.
    if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(reports, null, 1));
    if (values.write) await writePage();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const isOnlyReal = reports.some(({ comparisons }) => comparisons.some(each => verdict(each) === 'only real'));
process.exit(isOnlyReal ? 1 : 0);

async function runBoth(suite: Suite | MissingSuite, suiteFolder: string): Promise<SuiteReport> {
  const { name } = suite;
  if ('missing' in suite) return { name, missing: suite.missing, comparisons: [] };
  console.log(`${name} ...`);
  const [real, embedded] = await Promise.all([
    onRealKafka(suite, join(suiteFolder, 'real')),
    onEmbedded(suite, join(suiteFolder, 'embedded')),
  ]);
  return { name, comparisons: compare(real, embedded) };
}

async function onRealKafka(suite: Suite, folder: string): Promise<readonly Outcome[]> {
  mkdirSync(folder, { recursive: true });
  const set = { 'auto.create.topics.enable': 'true', 'num.partitions': String(partitionCount) };
  const kafka = await RealKafka.start({ version: values.version, set });
  try {
    return await suite.run({ name: `Apache Kafka ${values.version}`, broker: kafka.brokers[0]!, folder });
  } finally {
    await kafka.stop();
  }
}

async function onEmbedded(suite: Suite, folder: string): Promise<readonly Outcome[]> {
  mkdirSync(folder, { recursive: true });
  const kafka = await EmbeddedKafka.start({ defaultPartitions: partitionCount });
  try {
    return await suite.run({ name: 'embedded broker', broker: kafka.brokers, folder });
  } finally {
    await kafka.stop();
  }
}

function printDifferences({ name, missing, comparisons }: SuiteReport): void {
  if (missing !== undefined) return console.log(`${name}: not run: ${missing}`);
  const differing = comparisons.filter(each => verdict(each) !== 'same');
  console.log(`${name}: ${comparisons.length} tests, ${differing.length} differ`);
  for (const each of differing) {
    console.log(`  ${verdict(each)}: ${each.test}`);
    console.log(`    real: ${each.real?.seen.slice(0, 1_000) ?? 'not run'}`);
    console.log(`    embedded: ${each.embedded?.seen.slice(0, 1_000) ?? 'not run'}`);
  }
}

async function writePage(): Promise<void> {
  const before = readFileSync(page, 'utf8');
  const withApis = replaceGenerated(before, 'requests', apiTable());
  const written = replaceGenerated(withApis, 'comparison', reportLines(reports, values.version));
  const options = await prettier.resolveConfig(page.pathname);
  writeFileSync(page, await prettier.format(written, { ...options, parser: 'markdown' }));
}
