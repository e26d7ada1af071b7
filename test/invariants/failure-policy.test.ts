import { expect, test } from 'vitest';
import { differences } from './harness/result-account.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';
import type { Scene } from './harness/scene.js';
import { seededBytes } from './harness/seeded-random.js';
import { sentFile } from './harness/sent-file.js';
import type { WorkerProcess } from './harness/worker-process.js';

const waitMs = 60_000;
const deliveries = ['at-least-once', 'exactly-once'];
let program: string;
let scene: Scene;

sceneForEachTest(new URL('./programs/fragile.ts', import.meta.url), stage => ({ program, scene } = stage));

/** @returns the exit code, and the paths that the method was called with */
async function run(
  ...flags: readonly string[]
): Promise<{ code: number | null; calls: string[]; worker: WorkerProcess }> {
  const worker = scene.start(program, '--until-idle', '500ms', '--session-timeout', '2s', ...flags);
  const { code } = await worker.exited;
  const calls = worker.otherOutput.filter(line => line.startsWith('called ')).map(line => line.slice(7));
  return { code, calls, worker };
}

test.each(deliveries)(
  '%s, --on-failure stop: the worker ends at a file that fails, and the next start tries it again',
  async delivery => {
    const flags = ['--delivery', delivery, '--on-failure', 'stop'];
    const files = await scene.upload('before', 5);
    const failing = sentFile('fails/scan.csv', seededBytes('scan', 2500), 1000);
    await scene.sender.send(failing.chunks);
    files.push(failing, ...(await scene.upload('after', 5)));

    for (const start of ['first', 'second']) {
      const { code, calls, worker } = await run(...flags);
      expect(code, start).toBe(1);
      expect(calls, worker.output()).toContain('fails/scan.csv');
      expect(worker.lines.find(({ kind }) => kind === 'file-kept')).toMatchObject({
        file: 'fails/scan.csv',
        reason: 'threw',
        attempts: 1,
      });
      expect(worker.lines.map(({ msg }) => msg).join('\n')).toContain(
        'ProcessorError: fails/scan.csv failed: NonRetriableError: cannot read fails/scan.csv: no header. Its offsets are not committed ' +
          '(--on-failure stop), so the worker tries it again when it is started',
      );
    }
    expect(await scene.deadLetters()).toEqual([]);
    const mended = await run(...flags, '--mended');
    expect(mended.code, mended.worker.output()).toBe(0);
    const results = await scene.results.catchUp();
    expect(differences(files, results)).toEqual([]);
    if (delivery === 'exactly-once') expect(results).toHaveLength(files.length);
  },
  2 * waitMs,
);

test.each(deliveries)(
  '%s, --retry-failed: files that failed are run again at the next start, once, with the same result-id',
  async delivery => {
    const flags = ['--delivery', delivery];
    const files = await scene.upload('good', 3);
    const failing = await scene.upload('fails', 3);
    expect((await run(...flags)).code).toBe(3);
    const letters = await scene.deadLetters();
    const idOf = new Map(letters.map(({ headers }) => [headers['file-path'], headers['result-id']]));

    const failed = await run(...flags, '--retry-failed');
    expect(failed.code, failed.worker.output()).toBe(3);
    expect(failed.calls.sort()).toEqual(failing.map(({ path }) => path).sort());

    const later = await scene.upload('later', 2);
    const mended = await run(...flags, '--retry-failed', '--mended');
    expect(mended.code, mended.worker.output()).toBe(0);
    expect(mended.calls).toHaveLength(failing.length + later.length);
    const results = await scene.results.catchUp();
    expect(differences([...files, ...failing, ...later], results)).toEqual([]);
    for (const { path } of failing) {
      const ids = results
        .filter(({ headers }) => headers['file-path'] === path)
        .map(({ headers }) => headers);
      expect(ids.map(headers => headers['result-id'])).toEqual([idOf.get(path)]);
    }
    expect((await run(...flags, '--retry-failed', '--mended')).calls).toEqual([]);
  },
  2 * waitMs,
);
