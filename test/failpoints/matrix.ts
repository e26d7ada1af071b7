import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  brokerUnderTest,
  isOnRealKafka,
  type BrokerUnderTest,
} from '../invariants/harness/broker-under-test.js';
import type { SentChunk } from '../invariants/harness/chunk-sender.js';
import { crashCut, lostByCommit } from '../invariants/harness/crash-cut.js';
import { differences, resultsByPath } from '../invariants/harness/result-account.js';
import { Scene } from '../invariants/harness/scene.js';
import type { SentFile } from '../invariants/harness/sent-file.js';
import { committedOffsets, endOffsets, until, withAdmin } from '../invariants/harness/topics.js';
import { compileProgram, type WorkerProcess } from '../invariants/harness/worker-process.js';
import { passBy } from '../invariants/harness/passer-by.js';
import { failpoints, type Delivery, type Failpoint } from './points.js';

const waitMs = 60_000;
const portion = 6;
/** The killed one and its successors have the same name, so each goes on at once where the last one ended. */
const victimName = 'victim';

interface Step {
  readonly point: Failpoint;
  readonly hit: number;
  readonly name: string;
}

/** All points at all their times; on real Kafka, where each takes longer, a fixed third of them. */
function stepsFor(delivery: Delivery): Step[] {
  return failpoints
    .filter(point => point.delivery === 'both' || point.delivery === delivery)
    .flatMap(point => point.hits.map(hit => ({ point, hit, name: `${point.name} (time ${hit})` })))
    .filter((_, at) => !isOnRealKafka || at % 3 === 0);
}

/**
 * One worker after the other is killed at one point after the other, each while it picks up what the last one left. After each
 * kill no offset may be committed past a file without result; in the end every file has its results.
 *
 * @param workerCount 1: on a scattered topic, alone. More: on a by-file topic, with others that are not killed
 */
export function describeMatrix(delivery: Delivery, workerCount: number): void {
  const placement = workerCount === 1 ? 'scattered' : 'by-file';
  describe(`${delivery}, ${workerCount} workers, ${placement}`, () => {
    let broker: BrokerUnderTest;
    let program: string;
    let scene: Scene;
    const files: SentFile[] = [];

    beforeAll(async () => {
      broker = await brokerUnderTest();
      program = await compileProgram(new URL('programs/failing-worker.ts', import.meta.url), 'to-sources');
      scene = await Scene.open(broker.brokers, placement);
      for (let at = 1; at < workerCount; at += 1) start(`other-${at}`);
    });
    afterAll(async () => {
      await scene.close();
      await broker.close();
    });

    const start = (name: string, failpoint = ''): WorkerProcess =>
      scene.startWith(
        { FAILPOINT: failpoint },
        program,
        ...['--delivery', delivery, '--placement', placement, '--group-instance-id', name],
        ...['--session-timeout', '2s', '--log-level', 'debug'],
      );

    const repeated = async (): Promise<string[]> => {
      const messages = await scene.results.catchUp(waitMs);
      return [...resultsByPath(messages)].filter(([, { length }]) => length > 1).map(([path]) => path);
    };

    const upload = async (): Promise<void> => {
      files.push(...(await scene.upload(`part-${files.length}`, portion)));
    };

    /** Makes the worker work until it is dead. */
    const drive = async (victim: WorkerProcess, { needs }: Failpoint): Promise<void> => {
      const deadlineMs = Date.now() + waitMs;
      const passing = needs === 'rebalances' ? passBy(scene, () => victim.hasExited) : undefined;
      while (!victim.hasExited) {
        if (Date.now() > deadlineMs) throw new Error(`the point was not reached\n${victim.output()}`);
        const waiting = files.length - scene.results.files.size;
        if (waiting < 2 * portion) await upload();
        const seen = scene.results.files.size;
        await until('something', 500, () => victim.hasExited || scene.results.files.size > seen).catch(
          () => undefined,
        );
        if (needs === 'stop' && victim.lines.some(({ kind }) => kind === 'file-done')) {
          victim.send('SIGTERM');
          await Promise.race([victim.exited, until('its end', waitMs, () => victim.hasExited)]);
        }
      }
      await passing;
    };

    test.each(stepsFor(delivery))('nothing is lost by a kill at: $name', async ({ point, hit }) => {
      const victim = start(victimName, `${point.name}#${hit}`);
      await drive(victim, point);
      expect(await victim.exited, victim.output()).toEqual({ code: null, signal: 'SIGKILL' });
      // Results of others may lie behind a transaction that the killed one left undecided: nobody is shown them before its end.
      const cut = await crashCut(broker.brokers, scene.groupId, scene.topic, files, []);
      const lost = (): SentChunk[] => {
        const unfinished = new Set([...cut.unfinished].filter(path => !scene.results.files.has(path)));
        return lostByCommit({ ...cut, unfinished }, scene.sender.sent);
      };
      await until('results of all that is committed', waitMs, () => lost().length === 0).catch(
        () => undefined,
      );
      expect(lost()).toEqual([]);
      if (delivery === 'exactly-once') expect(await repeated()).toEqual([]);
    });

    test('in the end every file has its result, and all is committed', async () => {
      const worker = start(victimName);
      await scene.waitForResults(worker, files.length, waitMs);
      await worker.runUntil('all offsets to be committed', waitMs, () =>
        withAdmin(broker.brokers, async admin => {
          const committed = await committedOffsets(admin, scene.groupId, scene.topic);
          return [...(await endOffsets(admin, scene.topic))].every(
            ([partition, end]) => committed.get(partition) === end,
          );
        }),
      );
      expect(differences(files, await scene.results.catchUp(waitMs))).toEqual([]);
      const repeatedCount = (await repeated()).length;
      if (delivery === 'exactly-once') expect(repeatedCount).toBe(0);
      console.log(
        `${delivery}, ${workerCount} workers: ${files.length} files, ${repeatedCount} with repeated results`,
      );
    });
  });
}
