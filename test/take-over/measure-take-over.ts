import { KafkaProxy } from '../invariants/harness/kafka-proxy.js';
import { Scene } from '../invariants/harness/scene.js';
import { until } from '../invariants/harness/topics.js';
import { compileProgram, type WorkerProcess } from '../invariants/harness/worker-process.js';
import { missingTools } from '../real-kafka/kafka-jars.js';
import { RealKafka } from '../real-kafka/real-kafka.js';

/*
 * Measures on a real Apache Kafka how long files wait after kill -9 of a worker: from the kill to the first result of a file
 * that the killed one would have processed. The settings are the defaults. Under exactly-once the worker is killed in the middle of a transaction.
 *
 *   npm run take-over [-- --runs N]
 */
const waitMs = 60_000;
const missing = missingTools();
if (missing === undefined) await measureAll();
else console.log(`Skipped: ${missing}`);

type Placement = 'scattered' | 'by-file';
type Delivery = 'at-least-once' | 'exactly-once';

interface Case {
  readonly placement: Placement;
  readonly delivery: Delivery;
  /** Who goes on: another worker that was there, or the same one started again under its --group-instance-id. */
  readonly successor: 'stand-by' | 'restart';
}

async function measureAll(): Promise<void> {
  const program = await compileProgram(new URL('../invariants/programs/hash-files.ts', import.meta.url));
  const kafka = await RealKafka.start();
  try {
    for (const successor of ['stand-by', 'restart'] as const)
      for (const placement of ['scattered', 'by-file'] as const)
        for (const delivery of ['at-least-once', 'exactly-once'] as const) {
          const one: Case = { placement, delivery, successor };
          console.log(JSON.stringify({ ...one, seconds: (await measure(kafka, program, one)) / 1000 }));
        }
  } finally {
    await kafka.stop();
  }
}

async function measure(
  kafka: RealKafka,
  program: string,
  { placement, delivery, successor }: Case,
): Promise<number> {
  const scene = await Scene.open(kafka.brokers, placement);
  const proxy = await KafkaProxy.start(kafka.brokers[0]!);
  try {
    const common = ['--placement', placement, '--delivery', delivery, '--log-level', 'debug'];
    scene.workerBrokers = proxy.brokers;
    const flags = [...common, ...(successor === 'restart' ? ['--group-instance-id', 'slot-1'] : [])];
    const killed = scene.start(program, ...flags);
    await killed.waitForLine('the group', waitMs, ({ msg }) => msg === 'joined the group');
    scene.workerBrokers = kafka.brokers;
    if (successor === 'stand-by') {
      const standBy = scene.start(program, ...common);
      await standBy.waitForLine('the group', waitMs, ({ msg }) => msg === 'joined the group');
    }
    const files = await scene.upload('before', 20);
    await scene.waitForResults(killed, files.length, waitMs);
    const partitions = await partitionsOf(killed, successor === 'stand-by' ? 2 : 1);
    if (delivery === 'exactly-once') await killInTransaction(killed, scene, proxy);
    else await killed.kill();
    const killedAtMs = Date.now();
    if (successor === 'restart') scene.start(program, ...flags);
    const waiting = await scene.upload('after', 20);
    const mine = waiting.filter(({ path }) =>
      scene.sender.sent.some(chunk => chunk.path === path && partitions.includes(chunk.partition)),
    );
    await until('a result', waitMs, () => mine.some(({ path }) => scene.results.files.has(path)));
    const tookMs = Date.now() - killedAtMs;
    await until('all results', waitMs, () => waiting.every(({ path }) => scene.results.files.has(path)));
    return tookMs;
  } finally {
    await scene.close();
    await proxy.close();
  }
}

/** What the worker owns in the generation in which the group has so many members. */
async function partitionsOf(worker: WorkerProcess, memberCount: number): Promise<number[]> {
  const joins = () => worker.lines.filter(({ msg }) => msg === 'joined the group');
  await until('all members', waitMs, () => joins().length >= memberCount);
  const { kept, added } = joins().at(-1) as unknown as { kept: number[]; added: number[] };
  return [...kept, ...added];
}

/** When its transaction is filled and not decided. */
async function killInTransaction(worker: WorkerProcess, scene: Scene, proxy: KafkaProxy): Promise<void> {
  const undecided = proxy.arm({ api: 'EndTxn', on: 'request', action: 'drop' });
  await scene.upload('undecided', 20);
  await worker.runUntil('a transaction', waitMs, () => undecided.hitCount > 0);
  await worker.kill();
}
