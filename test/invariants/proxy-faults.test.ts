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
import { committedOffsets, endOffsets, until, withAdmin } from './harness/topics.js';
import { compileProgram, type WorkerProcess } from './harness/worker-process.js';

const waitMs = 20_000;
const testTimeoutMs = 40_000;

/** While a worker runs. */
const running: readonly ProxyFault[] = [
  { api: 'Produce', on: 'response', action: 'cut' },
  { api: 'OffsetCommit', on: 'response', action: 'cut' },
  { api: 'Fetch', on: 'response', action: 'cut', nth: 2 },
  { api: 'Produce', on: 'request', action: 'cut' },
  { api: 'Produce', on: 'response', action: 'drop' },
  { api: 'OffsetCommit', on: 'request', action: 'drop' },
  { api: 'Produce', on: 'request', action: 'cut', times: 3 },
  { api: 'Produce', on: 'request', action: 'delay', delayMs: 400 },
  { api: 'Produce', on: 'response', action: 'delay', delayMs: 400 },
  { api: 'OffsetCommit', on: 'request', action: 'cut' },
  { api: 'OffsetCommit', on: 'response', action: 'delay', delayMs: 400 },
  { api: 'Fetch', on: 'request', action: 'cut' },
  { api: 'Fetch', on: 'response', action: 'delay', delayMs: 400 },
];

/** While a worker starts, with one that was killed before it. */
const starting: readonly ProxyFault[] = [
  { api: 'OffsetFetch', on: 'response', action: 'cut' },
  { api: 'JoinGroup', on: 'response', action: 'cut' },
  { api: 'SyncGroup', on: 'response', action: 'cut' },
  { api: 'Metadata', on: 'response', action: 'cut', nth: 2 },
  { api: 'FindCoordinator', on: 'response', action: 'cut' },
  { api: 'SyncGroup', on: 'response', action: 'delay', delayMs: 400 },
  { api: 'InitProducerId', on: 'response', action: 'cut' },
];

/** On real Kafka, where each takes longer, a fixed third of them. */
const chosen = (faults: readonly ProxyFault[]): ProxyFault[] =>
  faults.filter((_, at) => !isOnRealKafka || at % 3 === 0);

const describeFault = ({ api, on, action, nth = 1, times = 1 }: ProxyFault): string =>
  `${action} of ${times > 1 ? `${times} times the` : 'the'} ${on} of ${api} (number ${nth})`;

let broker: BrokerUnderTest;
let proxy: KafkaProxy;
let scene: Scene;
let program: string;
let folder: string;
let worker: WorkerProcess;
const files: SentFile[] = [];

beforeAll(async () => {
  program = await compileProgram(new URL('./programs/hash-files.ts', import.meta.url));
  broker = await brokerUnderTest();
  proxy = await KafkaProxy.start(broker.brokers[0]!);
  scene = await Scene.open(broker.brokers);
  scene.workerBrokers = proxy.brokers;
  folder = mkdtempSync(join(tmpdir(), 'proxy-'));
  writeFileSync(join(folder, 'kafka.config'), '[broker]\nrequest.timeout.ms = 1500\n');
  worker = startWorker();
}, testTimeoutMs);

afterAll(async () => {
  await scene.close();
  await proxy.close();
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
});

function startWorker(): WorkerProcess {
  return scene.start(program, '--config', join(folder, 'kafka.config'), '--session-timeout', '2s');
}

/** The fault struck, every file has its result and nothing else is there, and all is committed. */
async function expectAllDone(fault: { readonly hitCount: number }): Promise<void> {
  await worker.runUntil('the fault', waitMs, () => fault.hitCount > 0);
  await scene.waitForResults(worker, files.length, waitMs);
  await withAdmin(broker.brokers, async admin => {
    const ends = await endOffsets(admin, scene.topic);
    await until('all committed', waitMs, async () => {
      const committed = await committedOffsets(admin, scene.groupId, scene.topic);
      return [...ends].every(([partition, end]) => end === 0n || committed.get(partition) === end);
    });
  });
  expect(differences(files, await scene.results.catchUp(waitMs))).toEqual([]);
  proxy.disarm();
}

describe('no file is lost, and a worker goes on by itself, after', () => {
  test.each(chosen(running).map(fault => [describeFault(fault), fault] as const))(
    '%s',
    async (name, fault) => {
      const armed = proxy.arm(fault);
      files.push(...(await scene.upload(name.replaceAll(' ', '-'), 3)));
      await expectAllDone(armed);
    },
    testTimeoutMs,
  );

  test.each(chosen(starting).map(fault => [describeFault(fault), fault] as const))(
    '%s, at the start',
    async (name, fault) => {
      worker.send('SIGTERM');
      expect(await worker.exited).toEqual({ code: 0, signal: null });
      files.push(...(await scene.upload(name.replaceAll(' ', '-'), 3)));
      const armed = proxy.arm(fault);
      worker = startWorker();
      await expectAllDone(armed);
    },
    testTimeoutMs,
  );
});
