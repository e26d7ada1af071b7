import { parseArgs } from 'node:util';
import { setTimeout as delay } from 'node:timers/promises';
import { Scene } from '../invariants/harness/scene.js';
import type { SentFile } from '../invariants/harness/sent-file.js';
import { until } from '../invariants/harness/topics.js';
import { compileProgram } from '../invariants/harness/worker-process.js';
import { whyNoPython } from '../interop/python-program.js';
import { missingTools } from '../real-kafka/kafka-jars.js';
import { RealKafka } from '../real-kafka/real-kafka.js';
import { accountFor } from './account.js';
import { Disturber } from './disturber.js';
import { Crew, type Delivery } from './crew.js';

/** Files are uploaded in such portions. */
const portion = 10;
/** After the last fault: for everything to come out. */
const settleMs = 180_000;

/*
 * Workers on a real Apache Kafka for some minutes while everything goes wrong: workers are killed and frozen, the broker is
 * killed and restarted, requests and answers are lost or delayed. Then everything is left alone, and librdkafka reads what came out.
 *
 *   npm run soak -- [--minutes N] [--seed S] [--workers N] [--delivery exactly-once]
 *
 * Exit code 1: a file was lost, or a result is wrong; under exactly-once also when a reader of committed records sees one twice.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    workers: { type: 'string', default: '3' },
    delivery: { type: 'string', default: 'at-least-once' },
  },
});
const missing = missingTools() ?? whyNoPython;
if (missing === undefined) await soak(readSettings());
else console.log(`Skipped: ${missing}`);

interface SoakSettings {
  readonly minutes: number;
  readonly seed: number;
  readonly workerCount: number;
  readonly delivery: Delivery;
}

function readSettings(): SoakSettings {
  const { minutes, seed, workers, delivery } = values;
  if (delivery !== 'at-least-once' && delivery !== 'exactly-once')
    throw new Error(`--delivery ${delivery}: expected at-least-once or exactly-once`);
  return { minutes: Number(minutes), seed: Number(seed), workerCount: Number(workers), delivery };
}

async function soak({ minutes, seed, workerCount, delivery }: SoakSettings): Promise<void> {
  const program = await compileProgram(new URL('../invariants/programs/hash-files.ts', import.meta.url));
  const kafka = await RealKafka.start({ set: { 'group.min.session.timeout.ms': '1000' } });
  console.log(
    `seed ${seed}, Apache Kafka ${kafka.version}, ${workerCount} workers, ${minutes} minutes, ${delivery}`,
  );
  const scene = await Scene.open(kafka.brokers);
  const crew = await Crew.start(scene, program, delivery, workerCount);
  try {
    const disturber = new Disturber(kafka, crew, seed);
    const endMs = Date.now() + minutes * 60_000;
    const files: SentFile[] = [];
    const disturbing = disturber.run(endMs);
    for (let at = 0; Date.now() < endMs; at += 1) {
      files.push(...(await scene.upload(`part-${at}`, portion)));
      // Some files ahead of the workers, not the whole topic.
      await until(
        'room',
        settleMs,
        () => files.length - scene.results.files.size < 200 || Date.now() > endMs,
      );
      await delay(200);
    }
    await disturbing;
    await until('all results', settleMs, () => scene.results.files.size >= files.length).catch(
      (error: unknown) => console.log(String(error)),
    );
    await crew.stop();
    const account = await accountFor(files, kafka.brokers, scene.resultTopic);
    const chunkCount = files.reduce((sum, { chunks }) => sum + chunks.length, 0);
    console.log(
      `${files.length} files, ${chunkCount} chunks; ${disturber.text()}; ${crew.text()}\n` +
        `${account.resultCount} results: ${account.lost.length} lost, ${account.wrong.length} wrong, ${account.repeated.length} repeated`,
    );
    const broken = [
      ...account.lost,
      ...account.wrong,
      ...(delivery === 'exactly-once' ? account.repeated : []),
    ];
    for (const text of broken) console.log(text);
    process.exitCode = broken.length === 0 ? 0 : 1;
  } finally {
    await scene.close();
    await crew.close();
    await kafka.stop();
  }
}
