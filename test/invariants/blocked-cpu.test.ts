import { expect, test } from 'vitest';
import { setTimeout as delay } from 'node:timers/promises';
import { isOnRealKafka } from './harness/broker-under-test.js';
import { differences } from './harness/result-account.js';
import { type Scene } from './harness/scene.js';
import { withAdmin } from './harness/topics.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';

const waitMs = 20_000;
const { busyMs, sessionTimeout } = isOnRealKafka
  ? { busyMs: 60_000, sessionTimeout: '10s' }
  : { busyMs: 5000, sessionTimeout: '1s' };
let program: string;
let scene: Scene;

sceneForEachTest(new URL('./programs/hash-files.ts', import.meta.url), stage => ({ program, scene } = stage));

test(
  `a method that blocks the CPU for ${busyMs / 1000} s costs no membership with a session timeout of ${sessionTimeout}`,
  async () => {
    const files = await scene.upload('busy', 1);
    const flags = ['--busy-ms', String(busyMs), '--session-timeout', sessionTimeout, '--started-line'];
    const worker = scene.start(program, ...flags);
    await worker.runUntil('call of the method', waitMs, () => worker.otherOutput.includes('started'));

    const seen = new Set<string>();
    await withAdmin(scene.brokers, async admin => {
      while (scene.results.messages.length === 0) {
        const { groups } = await admin.describeGroups([scene.groupId]);
        const members = groups[0]!.members.map(({ memberId }) => memberId);
        seen.add(`${groups[0]!.state} ${members.join(',')}`);
        await delay(250);
        if (worker.hasExited) throw new Error(worker.output());
      }
    });

    expect([...seen]).toEqual([expect.stringMatching(/^Stable [^,]+$/)]);
    expect(differences(files, await scene.results.catchUp())).toEqual([]);
    expect(worker.lines.filter(({ level }) => (level ?? 0) >= 40)).toEqual([]);
  },
  busyMs + 60_000,
);
