import { expect, test } from 'vitest';
import { differences } from './harness/result-account.js';
import { type Scene } from './harness/scene.js';
import { committedOffsets, endOffsets, withAdmin } from './harness/topics.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';

const waitMs = 20_000;
let program: string;
let scene: Scene;

sceneForEachTest(new URL('./programs/hash-files.ts', import.meta.url), stage => ({ program, scene } = stage));

test('SIGTERM lets the running call end, commits it, and exits with 0', async () => {
  const files = await scene.upload('drain', 1);
  const worker = scene.start(program, '--delay-ms', '1500', '--started-line');
  await worker.runUntil('call of the method', waitMs, () => worker.otherOutput.includes('started'));
  worker.send('SIGTERM');

  expect(await worker.exited).toEqual({ code: 0, signal: null });
  expect(differences(files, await scene.results.catchUp())).toEqual([]);
  await withAdmin(scene.brokers, async admin => {
    const committed = await committedOffsets(admin, scene.groupId, scene.topic);
    for (const [partition, end] of await endOffsets(admin, scene.topic))
      expect(committed.get(partition) ?? 0n).toBe(end);
  });
});

test('a second SIGTERM ends the worker at once with 130, and nothing is lost', async () => {
  const files = await scene.upload('twice', 3);
  const stuck = scene.start(program, '--session-timeout', '2s', '--delay-ms', '600000', '--started-line');
  await stuck.runUntil('call of the method', waitMs, () => stuck.otherOutput.includes('started'));
  stuck.send('SIGTERM');
  await stuck.waitForLine('reaction to the first', waitMs, ({ msg }) => msg?.includes('stopping') === true);
  stuck.send('SIGTERM');
  expect(await stuck.exited).toEqual({ code: 130, signal: null });

  const next = scene.start(program);
  await scene.waitForResults(next, files.length, waitMs);
  expect(differences(files, await scene.results.catchUp())).toEqual([]);
});
