import { createServer, type AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from '../../invariants/harness/broker-under-test.js';
import { Scene } from '../../invariants/harness/scene.js';
import { until } from '../../invariants/harness/topics.js';
import { compileProgram, type WorkerProcess } from '../../invariants/harness/worker-process.js';
import { MetricsServer } from '../../../src/observe/metrics/metrics-server.js';
import type { EngineLogLine } from '../../../src/engine/engine.js';
import { progressOf } from '../reports.js';

// For what hangs: on a busy machine a program takes long to start.
const waitMs = 50_000;
let broker: BrokerUnderTest;
let program: string;
let scene: Scene;

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('../../invariants/programs/hash-files.ts', import.meta.url));
});
afterAll(() => broker.close());
beforeEach(async () => {
  scene = await Scene.open(broker.brokers);
});
afterEach(() => scene.close());

async function get(base: string, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(new URL(path, base));
  return { status: response.status, text: (await response.text()).trim() };
}

async function metricsUrl(worker: WorkerProcess): Promise<string> {
  const line = await worker.waitForLine('address of the metrics', waitMs, ({ kind }) => kind === 'metrics');
  return String(line['url']);
}

test('answers while the method computes, and ends with the worker', async () => {
  const worker = scene.start(program, '--metrics', '0', '--busy-ms', '4000', '--started-line');
  const url = await metricsUrl(worker);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  const [file] = await scene.upload('busy', 1);
  await worker.runUntil('call of the method', waitMs, () => worker.otherOutput.includes('started'));

  // The results are produced after the method: what is answered before was answered beside it.
  expect(await get(url, '/livez')).toEqual({ status: 200, text: 'ok' });
  const isReady = async (): Promise<boolean> => (await get(url, '/readyz')).status === 200;
  await worker.runUntil('readiness', waitMs, isReady);
  expect((await get(url, '/metrics')).text).not.toContain('reproducer_files_total{outcome="done"}');
  expect(scene.results.messages).toEqual([]);

  await scene.waitForResults(worker, 1, waitMs);
  const isCounted = async (): Promise<boolean> => {
    const { text } = await get(url, '/metrics');
    return (
      text.includes('reproducer_files_total{outcome="done"} 1') &&
      /commit_seconds_count\{kind="offsets",result="committed"\} [1-9]/.test(text)
    );
  };
  await worker.runUntil('the file in the metrics', waitMs, isCounted);
  const { text } = await get(url, '/metrics');
  expect(text).toContain(`reproducer_file_bytes_total ${file!.size}`);
  expect(text).toMatch(/^reproducer_partition_lag\{partition="\d"\} 0$/m);
  expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
  expect(await get(url, '/other')).toEqual({ status: 404, text: 'there are /metrics, /livez and /readyz' });

  worker.send('SIGTERM');
  expect(await worker.exited).toEqual({ code: 0, signal: null });
});

test('refuses a port that is taken, before anything is connected', async () => {
  const server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const worker = scene.start(program, '--metrics', String(port));
  expect(await worker.exited).toEqual({ code: 2, signal: null });
  server.close();
  const message =
    `--metrics: cannot listen on 127.0.0.1:${port}: another program does; ` +
    `give another port, as in --metrics ${port + 1}`;
  expect(worker.lines.map(({ msg }) => msg)).toEqual([expect.stringContaining(message)]);
});

test('says which part does not move', async () => {
  let nowMs = 0;
  const lines: EngineLogLine[] = [];
  const labels = { name: '', version: '', topic: '', group: '' };
  const server = new MetricsServer({
    host: '127.0.0.1',
    port: 0,
    labels,
    log: line => lines.push(line),
    now: () => nowMs,
  });
  await until('address', waitMs, () => lines.length > 0);
  const url = String(lines[0]!.fields['url']);
  expect(await get(url, '/livez')).toEqual({ status: 200, text: 'ok' });
  expect(await get(url, '/readyz')).toEqual({ status: 503, text: 'connecting' });
  server.onProgress(progressOf({ state: 'standing-by' }));
  expect(await get(url, '/readyz')).toEqual({ status: 200, text: 'standing-by' });
  nowMs = 15_001;
  expect(await get(url, '/livez')).toEqual({ status: 503, text: 'the engine has not moved for 15 s' });
  expect((await get(url, '/readyz')).status).toBe(503);
  server.onProgress(progressOf({ state: 'draining' }));
  expect(await get(url, '/livez')).toEqual({ status: 200, text: 'ok' });
  expect(await get(url, '/readyz')).toEqual({ status: 503, text: 'draining' });
  server.onProgress(progressOf({ state: 'ended' }));
  expect(await get(url, '/livez')).toEqual({ status: 503, text: 'ended' });
  server.close();
});
