import { expect, test } from 'vitest';
import type { BrokerUnderTest } from './harness/broker-under-test.js';
import { differences } from './harness/result-account.js';
import { type Scene } from './harness/scene.js';
import { seededBytes } from './harness/seeded-random.js';
import { sentFile, type SentFile } from './harness/sent-file.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';
import { keysOnStateTopic, isAllCommitted } from './harness/state-keys.js';
import { until } from './harness/topics.js';

const waitMs = 60_000;
const chunkBytes = 1000;
const path = 'scan.dat';

let broker: BrokerUnderTest;
let program: string;
let scene: Scene;

sceneForEachTest(
  new URL('./programs/hash-files.ts', import.meta.url),
  stage => ({ broker, program, scene } = stage),
);

function content(name: string): SentFile {
  return sentFile(path, seededBytes(name, 6 * chunkBytes), chunkBytes);
}

test.each(['at-least-once', 'exactly-once'])(
  '%s: what never became whole is given up once a newer content is done, whether it is open or set aside, and processed when it is uploaded again as a whole',
  async delivery => {
    const flags = ['--delivery', delivery, '--session-timeout', '2s', '--incomplete-after', '1s'];
    const [first, second, third] = ['first', 'second', 'third'].map(content);
    const missing = 2;
    await scene.sender.send(first!.chunks.filter((_, at) => at !== missing));
    const worker = scene.start(program, ...flags);
    await worker.waitForLine('the first to be set aside', waitMs, ({ kind }) => kind === 'file-set-aside');
    await scene.sender.send(second!.chunks.filter((_, at) => at !== missing));
    // Records carry milliseconds: of contents that were written in the same one, neither is newer.
    const sentAtMs = Date.now();
    await until('another millisecond', waitMs, () => Date.now() > sentAtMs);
    await scene.sender.send(third!.chunks);
    const superseded = () => worker.lines.filter(({ kind }) => kind === 'file-superseded');
    await worker.runUntil('both to be given up', waitMs, () => superseded().length === 2);
    await worker.runUntil('all offsets to be committed', waitMs, () => isAllCommitted(broker, scene));
    await worker.kill();
    const keys = [expect.stringMatching(/^\/superseded\//), expect.stringMatching(/^\/superseded\//), path];
    expect(await keysOnStateTopic(broker, scene, waitMs)).toEqual(keys);

    // Their rests come after all, and find another process: that makes nothing whole.
    await scene.sender.send([first!.chunks[missing]!, second!.chunks[missing]!]);
    const next = scene.start(program, ...flags);
    const again = () => next.lines.filter(({ kind }) => kind === 'file-superseded');
    await next.runUntil('both to be given up again', waitMs, () => again().length === 2);
    await next.runUntil('all offsets to be committed again', waitMs, () => isAllCommitted(broker, scene));
    expect(await keysOnStateTopic(broker, scene, waitMs)).toEqual(keys);
    expect(differences([third!], await scene.results.catchUp(waitMs))).toEqual([]);

    // Uploaded once more as a whole, a content is the path's last one.
    await scene.sender.send(first!.chunks);
    await next.waitForLine('the first to be done', waitMs, ({ kind }) => kind === 'file-done');
    await next.runUntil('everything to be committed', waitMs, () => isAllCommitted(broker, scene));
    await next.kill();
    const results = await scene.results.catchUp(waitMs);
    expect(results).toHaveLength(2);
    for (const [at, content] of [third!, first!].entries())
      expect(differences([content], results.slice(at, at + 1))).toEqual([]);
  },
  // A wait that fails must be the one that tells what was waited for.
  2 * waitMs,
);
