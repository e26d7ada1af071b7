import { expect, test } from 'vitest';
import type { BrokerUnderTest } from './harness/broker-under-test.js';
import { differences } from './harness/result-account.js';
import { type Scene } from './harness/scene.js';
import { seededBytes } from './harness/seeded-random.js';
import { sentFile } from './harness/sent-file.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';
import { isAllCommitted, keysOnStateTopic } from './harness/state-keys.js';

const waitMs = 60_000;
const chunkBytes = 1000;

let broker: BrokerUnderTest;
let program: string;
let scene: Scene;

sceneForEachTest(
  new URL('./programs/hash-files.ts', import.meta.url),
  stage => ({ broker, program, scene } = stage),
);

test.each([
  ['at-least-once', 'while a worker runs'],
  ['exactly-once', 'while a worker runs'],
  ['at-least-once', 'while none runs'],
  ['exactly-once', 'while none runs'],
])(
  '%s: what retention takes of a file that is set aside %s is told as a loss, once, though its rest never comes',
  async (delivery, when) => {
    const flags = ['--delivery', delivery, '--session-timeout', '2s', '--incomplete-after', '1s'];
    const file = sentFile('short.dat', seededBytes('short', 6 * chunkBytes), chunkBytes);
    await scene.sender.send(file.chunks.slice(1));
    const first = scene.start(program, ...flags);
    await first.waitForLine('the file to be set aside', waitMs, ({ kind }) => kind === 'file-set-aside');
    await first.runUntil('all offsets to be committed', waitMs, () => isAllCommitted(broker, scene));
    if (when === 'while none runs') await first.kill();
    await scene.deleteChunks();
    const worker = when === 'while none runs' ? scene.start(program, ...flags) : first;
    const told = () => worker.lines.filter(({ kind }) => kind === 'file-failed');
    await worker.runUntil('the loss to be told', waitMs, () => told().length > 0);
    expect(told()).toMatchObject([{ file: 'short.dat', reason: 'chunks-lost' }]);
    expect(told()[0]!['error']).toMatch(
      /^DATA LOSS: it was set aside until its rest comes, and 5 of its chunks, at .*, are no longer on the topic; retention removed them$/,
    );

    // Uploaded again as a whole, it is processed.
    await scene.sender.send(file.chunks);
    await scene.waitForResults(worker, 1, waitMs);
    await worker.runUntil('all offsets to be committed', waitMs, () => isAllCommitted(broker, scene));
    expect(told()).toHaveLength(1);
    expect(differences([file], await scene.results.catchUp(waitMs))).toEqual([]);
    expect(await keysOnStateTopic(broker, scene, waitMs)).toEqual(['short.dat']);
  },
  waitMs,
);
