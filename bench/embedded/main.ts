/**
 * `npx tsx bench/embedded/main.ts [--rounds 3] [--count 200] [--message-bytes 524288] [--pings 200] [--version 4.1.0]`
 *
 * Measures the embedded broker beside a real Kafka, in turns: start-up and memory, then what kafkajs and librdkafka send, read and
 * wait for. Each broker is a process of its own.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import kafkajs from 'kafkajs';
import { runCommand } from '../../test/conformance/run-command.js';
import { pythonEnvironment } from '../../test/interop/python-environment.js';
import { compileProgram } from '../../test/invariants/harness/worker-process.js';
import { defaultVersion } from '../../test/real-kafka/real-kafka.js';
import { openBroker } from '../measuring/open-broker.js';
import { median, quantile } from '../measuring/statistics.js';
import { shortNumber, tableLines } from '../measuring/table.js';
import { runKafkajsLane, type LaneTimes, type Load } from './kafkajs-lane.js';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    count: { type: 'string', default: '200' },
    'message-bytes': { type: 'string', default: '524288' },
    pings: { type: 'string', default: '200' },
    version: { type: 'string', default: defaultVersion },
  },
});
const load: Load = {
  count: Number(values.count),
  messageBytes: Number(values['message-bytes']),
  pings: Number(values.pings),
};
const librdkafkaProgram = fileURLToPath(new URL('librdkafka_lane.py', import.meta.url));
const python = pythonEnvironment();
if (python.kind === 'missing') console.log(`librdkafka is skipped: ${python.reason}`);
const clients = python.kind === 'missing' ? (['kafkajs'] as const) : (['kafkajs', 'librdkafka'] as const);

interface Embedded {
  readonly child: ChildProcess;
  readonly brokers: string;
  readonly startMs: number;
  readonly addedBytes: number;
}

const program = await compileProgram(new URL('serve.ts', import.meta.url));
const starts: Embedded[] = [];
for (let index = 0; index < 5; index++) {
  starts.push(await startEmbedded());
  if (index < 4) starts[index]!.child.kill();
}
const embedded = starts.at(-1)!;
const real = await openBroker(undefined, values.version);
const brokers = { embedded: embedded.brokers, kafka: real.brokers[0]! };
const times = new Map<string, LaneTimes[]>();
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const client of clients) {
      for (const [name, broker] of Object.entries(brokers)) {
        const lane = `${client} on ${name}`;
        times.set(lane, [...(times.get(lane) ?? []), await measure(client, broker, `${client}-${round}`)]);
      }
    }
  }
} finally {
  await real.close();
  embedded.child.kill();
}

const megabytes = (load.count * load.messageBytes) / 1e6;
const rows = [...times].map(([lane, rounds]) => {
  const latencies = rounds.flatMap(({ latenciesMs }) => latenciesMs);
  return [
    lane,
    shortNumber(megabytes / median(rounds.map(({ sendSeconds }) => sendSeconds))),
    shortNumber(megabytes / median(rounds.map(({ readSeconds }) => readSeconds))),
    shortNumber(median(latencies)),
    shortNumber(quantile(latencies, 0.99)),
  ];
});
const header = ['', 'sends MB/s', 'reads MB/s', 'latency ms', '99 % ms'];
console.log(tableLines(header, rows).join('\n'));
console.log(`start-up: ${shortNumber(median(starts.map(({ startMs }) => startMs)))} ms`);
const addedMib = median(starts.map(({ addedBytes }) => addedBytes)) / 2 ** 20;
console.log(`memory above an empty process: ${shortNumber(addedMib)} MiB`);
process.exit();

async function startEmbedded(): Promise<Embedded> {
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, ...(JSON.parse(line) as Omit<Embedded, 'child'>) };
}

async function measure(client: (typeof clients)[number], broker: string, topic: string): Promise<LaneTimes> {
  await withAdmin(broker, admin =>
    admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1 }] }),
  );
  try {
    return await (client === 'kafkajs'
      ? runKafkajsLane(broker, topic, load)
      : runLibrdkafkaLane(broker, topic));
  } finally {
    // A round begins as the one before it did: none pays for the memory or the disk that holds what others sent.
    await withAdmin(broker, admin => admin.deleteTopics({ topics: [topic] }));
  }
}

async function runLibrdkafkaLane(broker: string, topic: string): Promise<LaneTimes> {
  if (python.kind === 'missing') throw new Error(python.reason);
  const args = [broker, topic, load.count, load.messageBytes, load.pings].map(String);
  const { stdout } = await runCommand(python.python, [librdkafkaProgram, ...args], { timeoutMs: 300_000 });
  return JSON.parse(stdout) as LaneTimes;
}

async function withAdmin(broker: string, act: (admin: kafkajs.Admin) => Promise<unknown>): Promise<void> {
  const admin = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  await act(admin);
  await admin.disconnect();
}
