import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from './harness/broker-under-test.js';
import { differences } from './harness/result-account.js';
import { Scene } from './harness/scene.js';
import type { SentFile } from './harness/sent-file.js';
import { TopicReader, type ReadMessage } from './harness/topic-reader.js';
import { compileProgram, WorkerProcess } from './harness/worker-process.js';

const waitMs = 60_000;
const command = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));
let broker: BrokerUnderTest;
let program: string;
let scene: Scene;
let good: SentFile[];
let failing: SentFile[];

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('./programs/fragile.ts', import.meta.url));
});
afterAll(async () => {
  await broker.close();
});
beforeEach(async () => {
  scene = await Scene.open(broker.brokers);
  good = await scene.upload('good', 4);
  failing = await scene.upload('fails', 4);
  await scene.sender.sendRaw(1, 'bad', Buffer.from('garbage'));
  const worker = scene.start(program, '--until-idle', '500ms', '--session-timeout', '2s');
  expect((await worker.exited).code, worker.output()).toBe(3);
});
afterEach(async () => {
  await scene.close();
});

interface Answer {
  readonly code: number | null;
  readonly output: readonly string[];
  readonly calls: readonly string[];
  /** All that it wrote, log lines too. */
  readonly log: string;
}

async function replay(...flags: readonly string[]): Promise<Answer> {
  const process = new WorkerProcess(command, [
    ...['replay', program, '--brokers', broker.brokers.join(','), '--group-id', scene.groupId],
    ...['--consume-topic', scene.topic, '--produce-topic', scene.resultTopic, ...flags],
  ]);
  const { code } = await process.exited;
  const output = process.otherOutput;
  return { code, output, calls: output.filter(line => line.startsWith('called ')), log: process.output() };
}

async function records(topic: string): Promise<readonly ReadMessage[]> {
  const reader = await TopicReader.open(broker.brokers, topic);
  const messages = await reader.catchUp(waitMs);
  await reader.close();
  return messages;
}

const pathOf = (at: number): string => failing[at]!.path;

test(
  'runs the files of dead letters again, each once, with the result ids they would have had',
  async () => {
    const letters = await records(`${scene.resultTopic}.dead-letters`);
    const idOf = new Map(letters.map(({ headers }) => [headers['file-path'], headers['result-id']]));
    const first = await replay('--mended');
    expect(first.code, first.output.join('\n')).toBe(0);
    // Not as a member of the group, which it does not join.
    expect(first.log).toContain(`reads 4 files of ${scene.topic} again and produces to`);
    expect([...first.calls].sort()).toEqual(failing.map(({ path }) => `called ${path}`).sort());
    const results = await scene.results.catchUp(waitMs);
    expect(differences([...good, ...failing], results)).toEqual([]);
    expect(results).toHaveLength(8);
    for (const { headers } of results.filter(({ headers: its }) => its['file-path']!.startsWith('fails/')))
      expect(headers['result-id']).toBe(idOf.get(headers['file-path']));

    const second = await replay('--mended');
    expect(second).toMatchObject({ code: 0, calls: [] });
    expect((await replay('--list')).output.at(-1)).toBe(
      `${scene.resultTopic}.dead-letters: 0 files, 1 unusable message`,
    );
    const states = await records(`${scene.groupId}.files`);
    const last = states.filter(({ key }) => key === pathOf(0)).at(-1)!;
    expect(JSON.parse(last.value.toString())).toMatchObject({ outcome: 'done' });
  },
  waitMs,
);

test(
  'lists and shows what is meant, runs no more than that, and keeps what fails again',
  async () => {
    const { output } = await replay('--list', '--path', 'fails/file-[01].dat', '--since', '1h');
    // In the order in which they were given up, which is any.
    const rows = output
      .slice(2, 4)
      .sort((a, b) => a.slice(-'0.dat'.length).localeCompare(b.slice(-'0.dat'.length)));
    expect([...output.slice(0, 2), ...rows, ...output.slice(4)]).toEqual([
      expect.stringMatching(/^given up \(UTC\) +reason +size +file or message$/),
      expect.stringMatching(/^-+ /),
      expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d +threw +1 B +fails\/file-0\.dat$/),
      expect.stringMatching(/ threw .* fails\/file-1\.dat$/),
      '',
      `${scene.resultTopic}.dead-letters: 2 files`,
    ]);
    expect((await replay('--list', '--older-than', '1h')).output.at(-1)).toContain(': 0 files');
    const shown = (await replay('--show', '--path', pathOf(1))).output.join('\n');
    expect(shown).toContain(`file       ${pathOf(1)}, 3.5 KiB in 2 chunks`);
    expect(shown).toContain(`cannot read ${pathOf(1)}: no header`);

    expect(await replay('--path', pathOf(0))).toMatchObject({ code: 3, calls: [`called ${pathOf(0)}`] });
    expect(await replay('--path', pathOf(0), '--mended')).toMatchObject({ code: 0 });
    expect((await replay('--list', '--reason', 'threw')).output.at(-1)).toContain(': 3 files');
    expect((await replay('--dismiss', '--reason', 'ERR_CHUNK_DECODE')).output).toEqual([
      '1 dead letter dismissed',
    ]);
    expect((await replay('--list')).output.at(-1)).toContain(': 3 files');
  },
  2 * waitMs,
);

test(
  'a file that was done since is not run again; one whose chunks are gone stays a dead letter',
  async () => {
    await scene.sender.send(failing[0]!.chunks);
    const worker = scene.start(program, '--until-idle', '500ms', '--session-timeout', '2s', '--mended');
    expect((await worker.exited).code, worker.output()).toBe(0);
    const { calls, code } = await replay('--path', pathOf(0), '--mended');
    expect({ calls, code }).toEqual({ calls: [], code: 0 });
    await scene.deleteChunks();
    expect(await replay('--path', pathOf(1), '--mended')).toMatchObject({ code: 3, calls: [] });
    expect((await replay('--list', '--reason', 'threw')).output.at(-1)).toContain(': 3 files');
  },
  waitMs,
);

test(
  '--from runs any file again that is on a topic',
  async () => {
    const { calls, code } = await replay('--from', scene.topic, '--path', 'good/file-[12].dat');
    expect({ calls: [...calls].sort(), code }).toEqual({
      calls: ['called good/file-1.dat', 'called good/file-2.dat'],
      code: 0,
    });
    const ids = (await scene.results.catchUp(waitMs)).map(({ headers }) => headers['result-id']);
    expect(ids).toHaveLength(6);
    expect(new Set(ids).size).toBe(4);
  },
  waitMs,
);
