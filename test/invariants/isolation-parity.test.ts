import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from './harness/broker-under-test.js';
import { interleave } from './harness/chunk-sender.js';
import { Scene } from './harness/scene.js';
import { seededBytes } from './harness/seeded-random.js';
import { sentFile } from './harness/sent-file.js';
import { compileProgram } from './harness/worker-process.js';

const names = [
  ...[
    'text',
    'bytes',
    'fields',
    'stream',
    'local',
    'many',
    'large',
    'generator',
    'skip',
    'log',
    'retry',
    'hopeless',
  ],
  ...['cause', 'thrown', 'function', 'map', 'class', 'nothing', 'forgotten', 'locks', 'progress', 'signal'],
];
let broker: BrokerUnderTest;
let program: string;
beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('./programs/every-form.ts', import.meta.url));
});
afterAll(() => broker.close());

/** Long ones would fill the screen when they differ. */
const hashOf = (value: Buffer): string =>
  value.length < 200 ? value.toString('latin1') : createHash('sha256').update(value).digest('hex');

/** Everything that comes of the files, without what names this run: topics, times, the lines of a stack. */
async function runIn(isolation: string, mode: string) {
  const scene = await Scene.open(broker.brokers);
  const folder = mkdtempSync(`${tmpdir()}/every-form-`);
  try {
    const files = names.map(name => sentFile(`forms/${name}.dat`, seededBytes(name, 5000), 2048));
    await scene.sender.send(interleave(files, 2, files.length));
    const flags = ['--isolation', isolation, '--mode', mode, '--output-dir', folder, '--until-idle', '1s'];
    const worker = scene.start(program, ...flags, '--timeout', '3s', '--concurrency', '3');
    const { code } = await worker.exited;
    const neutral = (text: string): string =>
      text
        .replaceAll(scene.topic, 'TOPIC')
        .replaceAll(scene.resultTopic, 'RESULTS')
        .replaceAll(folder, 'FOLDER');
    const results = (await scene.results.catchUp()).map(({ key, value, headers }) =>
      neutral(JSON.stringify({ key, value: hashOf(value), headers })),
    );
    const letters = (await scene.deadLetters()).map(({ value }) => {
      const { path, reason, attempts, error } = JSON.parse(value.toString());
      const stack = neutral((error.stack as string | undefined)?.split('\n', 2)[0] ?? 'none');
      return neutral(JSON.stringify({ path, reason, attempts, error: { ...error, stack } }));
    });
    const logged = worker.lines
      .filter(({ msg }) =>
        /^(found some|and fewer|EveryForm.run did not finish .* within 3s)$/.test(msg ?? ''),
      )
      .map(({ level, msg, peaks, part, err, file, offsets, name }) => {
        const { type, message } = (err ?? {}) as Record<string, unknown>;
        return JSON.stringify({ level, msg, peaks, part, type, message, file, offsets, name });
      });
    const places = new Set(
      worker.otherOutput.map(line => line.replace(` of ${worker.pid}`, ' of the worker')),
    );
    return { code, results: results.sort(), letters: letters.sort(), logged: logged.sort(), places };
  } finally {
    await scene.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test.each(['memory', 'disk'])(
  '--mode %s: what a method gets, uses, returns and throws is the same in every place',
  async mode => {
    const [none, thread, process] = await Promise.all([
      runIn('none', mode),
      runIn('thread', mode),
      runIn('process', mode),
    ]);
    expect([...none.places]).toEqual(['main thread of the worker']);
    expect([...thread.places]).toEqual(['thread']);
    expect([...process.places].join()).not.toContain('worker');
    expect([...process.places][0]).toMatch(/^main thread of \d+$/);

    expect(none.results.length).toBeGreaterThan(10);
    expect(none.letters).toHaveLength(mode === 'memory' ? 12 : 11);
    expect(none.logged).toHaveLength(4);
    for (const { results, letters, logged, code } of [thread, process])
      expect({ results, letters, logged, code }).toEqual({
        results: none.results,
        letters: none.letters,
        logged: none.logged,
        code: none.code,
      });
  },
  180_000,
);
