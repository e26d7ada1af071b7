import { isDeepStrictEqual } from 'node:util';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { differences } from '../invariants/harness/result-account.js';
import { Scene } from '../invariants/harness/scene.js';
import { committedOffsets, endOffsets, until, withAdmin } from '../invariants/harness/topics.js';
import { compileProgram } from '../invariants/harness/worker-process.js';
import { RealCluster } from '../real-kafka/real-cluster.js';
import { describeWithKafka } from './describe-with-kafka.js';

const waitMs = 60_000;

const start = () => RealCluster.start({ set: { 'group.min.session.timeout.ms': '1000' } });
describeWithKafka('three brokers with replicated topics', start, cluster => {
  let program: string;
  beforeAll(async () => {
    program = await compileProgram(new URL('../invariants/programs/hash-files.ts', import.meta.url));
  });

  test('no file is lost when leaders crash and are restarted', async () => {
    const scene = await Scene.open(cluster().brokers);
    onTestFinished(() => scene.close());
    const { topic, resultTopic, results, groupId } = scene;
    const files = await scene.upload('steady', 120);
    const worker = scene.start(program, '--session-timeout', '6s', '--delay-ms', '50', '--concurrency', '2');
    await scene.waitForResults(worker, 10, waitMs);

    const crashed = await cluster().leaderOf(resultTopic, 0);
    await cluster().node(crashed).kill();
    // Two of three brokers are enough.
    await scene.waitForResults(worker, results.files.size + 20, waitMs);
    expect(await cluster().leaderOf(resultTopic, 0)).not.toBe(crashed);
    await cluster().node(crashed).resume();
    for (const name of [topic, resultTopic])
      await until(`${name} in sync`, waitMs, () => cluster().isInSync(name));

    const restarted = (await cluster().leaderOf(topic, 0)) === crashed ? 1 : 0;
    const second = cluster().node(await cluster().leaderOf(topic, restarted));
    await second.pause();
    await scene.waitForResults(worker, Math.min(files.length, results.files.size + 10), waitMs);
    await second.resume();
    const after = await scene.upload('after', 10);
    await scene.waitForResults(worker, files.length + after.length, waitMs);
    // An upload amid the outage may have been repeated: such copies come after the results.
    await worker.runUntil('all offsets to be committed', waitMs, () =>
      withAdmin(cluster().brokers, async admin =>
        isDeepStrictEqual(await committedOffsets(admin, groupId, topic), await endOffsets(admin, topic)),
      ),
    );

    worker.send('SIGTERM');
    expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });
    const messages = await results.catchUp(waitMs);
    expect(differences([...files, ...after], messages)).toEqual([]);
    await withAdmin(cluster().brokers, async admin =>
      expect(await committedOffsets(admin, groupId, topic)).toEqual(await endOffsets(admin, topic)),
    );
    console.log(`${messages.length} results of ${files.length + after.length} files`);
  });
});
