import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brokerUnderTest, isOnRealKafka, type BrokerUnderTest } from './harness/broker-under-test.js';
import { KafkaProxy } from './harness/kafka-proxy.js';
import type { ProxyFault } from './harness/proxy-faults.js';
import { differences } from './harness/result-account.js';
import { Scene } from './harness/scene.js';
import type { SentFile } from './harness/sent-file.js';
import { isAllCommitted } from './harness/state-keys.js';
import { until } from './harness/topics.js';
import { compileProgram, type WorkerProcess } from './harness/worker-process.js';

const waitMs = 30_000;
const testTimeoutMs = 60_000;

/** Requests of a transaction, lost on the way there, lost on the way back, and late. */
const faults = (['EndTxn', 'TxnOffsetCommit', 'AddPartitionsToTxn', 'AddOffsetsToTxn'] as const).flatMap(
  (api): ProxyFault[] => [
    { api, on: 'response', action: 'cut' },
    { api, on: 'request', action: 'cut' },
    { api, on: 'request', action: 'drop' },
    { api, on: 'response', action: 'drop' },
    { api, on: 'response', action: 'delay', delayMs: 400 },
  ],
);

/** On real Kafka, where each takes longer, a fixed third of them. */
const chosen = faults.filter((_, at) => !isOnRealKafka || at % 3 === 0);

const nameOf = ({ api, on, action }: ProxyFault): string => `${action} of the ${on} of ${api}`;

/** What differs between the placements: `by-file` workers each have a transactional id and some of the partitions. */
describe.each([
  ['scattered', 1],
  ['by-file', 2],
] as const)('with placement %s and %i workers each result is seen once, after', (placement, workerCount) => {
  let broker: BrokerUnderTest;
  let proxy: KafkaProxy;
  let scene: Scene;
  let folder: string;
  const workers: WorkerProcess[] = [];
  const files: SentFile[] = [];

  beforeAll(async () => {
    const program = await compileProgram(new URL('./programs/hash-files.ts', import.meta.url));
    broker = await brokerUnderTest();
    proxy = await KafkaProxy.start(broker.brokers[0]!);
    scene = await Scene.open(broker.brokers, placement);
    scene.workerBrokers = proxy.brokers;
    folder = mkdtempSync(join(tmpdir(), 'proxy-'));
    const config = join(folder, 'kafka.config');
    writeFileSync(config, '[broker]\nrequest.timeout.ms = 1500\n');
    const flags = ['--config', config, '--session-timeout', '4s', '--delivery', 'exactly-once'];
    for (let at = 0; at < workerCount; at += 1)
      workers.push(scene.start(program, ...flags, '--placement', placement));
  }, testTimeoutMs);

  afterAll(async () => {
    await scene.close();
    await proxy.close();
    await broker.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(chosen.map(fault => [nameOf(fault), fault] as const))(
    '%s',
    async (name, fault) => {
      const armed = proxy.arm(fault);
      const path = `${placement}/${name.replaceAll(' ', '-')}`;
      files.push(...(await scene.upload(path, 4)));
      await until('the fault', waitMs, () => armed.hitCount > 0);
      await scene.waitForResults(workers[0]!, files.length, waitMs);
      await until('all committed', waitMs, () => isAllCommitted(broker, scene));
      proxy.disarm();
      const results = await scene.results.catchUp(waitMs);
      expect(differences(files, results)).toEqual([]);
      expect(results).toHaveLength(files.length);
      expect(workers.map(worker => worker.hasExited)).toEqual(workers.map(() => false));
    },
    testTimeoutMs,
  );
});
