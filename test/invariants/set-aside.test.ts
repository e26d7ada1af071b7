import { expect, test } from 'vitest';
import type { BrokerUnderTest } from './harness/broker-under-test.js';
import { differences } from './harness/result-account.js';
import { type Scene } from './harness/scene.js';
import { seededBytes } from './harness/seeded-random.js';
import { sentFile } from './harness/sent-file.js';
import { isAllCommitted, keysOnStateTopic } from './harness/state-keys.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';

const waitMs = 60_000;
const chunkBytes = 1000;

let broker: BrokerUnderTest;
let program: string;
let scene: Scene;

sceneForEachTest(
  new URL('./programs/hash-files.ts', import.meta.url),
  stage => ({ broker, program, scene } = stage),
);

test.each(['at-least-once', 'exactly-once'])(
  '%s: a file short of one chunk is set aside, and completed by another process hours after the first was killed',
  async delivery => {
    const flags = ['--delivery', delivery, '--session-timeout', '2s', '--incomplete-after', '1s'];
    const [whole, short] = ['whole.dat', 'short.dat'].map(path =>
      sentFile(path, seededBytes(path, 6 * chunkBytes), chunkBytes),
    );
    await scene.sender.send([...whole!.chunks, ...short!.chunks.filter((_, at) => at !== 2)]);
    const first = scene.start(program, ...flags);
    await first.runUntil('all offsets to be committed', waitMs / 2, () => isAllCommitted(broker, scene));
    await first.waitForLine('the file to be set aside', waitMs, ({ kind }) => kind === 'file-set-aside');
    await first.kill();
    expect(await keysOnStateTopic(broker, scene, waitMs)).toEqual([
      expect.stringMatching(/^\/set-aside\/[0-9a-f]{16}\/[0-9a-f]{16}$/),
      'whole.dat',
    ]);

    await scene.sender.send([short!.chunks[2]!]);
    const second = scene.start(program, ...flags, '--until-idle', '500ms');
    expect(await second.exited, second.output()).toEqual({ code: 0, signal: null });
    expect(second.lines.map(({ kind }) => kind)).toContain('file-resumed');
    const results = await scene.results.catchUp(waitMs);
    expect(differences([whole!, short!], results)).toEqual([]);
    expect(results).toHaveLength(2);
    expect(await isAllCommitted(broker, scene)).toBe(true);
    expect(await keysOnStateTopic(broker, scene, waitMs)).toEqual(['short.dat', 'whole.dat']);
  },
  waitMs,
);
