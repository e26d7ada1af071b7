import { mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync, utimesSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedKafka } from '../../../src/embedded-kafka/index.js';
import { decodeChunk } from '../../../src/wire/decode-chunk.js';
import { ConsoleProcess } from '../../cli/console-process.js';
import { command, UserProject } from '../../cli/user-project.js';
import { readMarkdown } from '../../docs/markdown-files.js';
import { FileFolder } from '../upload/file-folder.js';

let project: UserProject;
let kafka: EmbeddedKafka;
let folder: FileFolder;
let topic: string;
let topicCount = 0;

beforeAll(async () => {
  project = new UserProject();
  kafka = await EmbeddedKafka.start({ autoCreateTopics: false });
});
afterAll(async () => {
  await kafka.stop();
  project.remove();
});
beforeEach(() => {
  folder = new FileFolder();
  topicCount += 1;
  topic = `files-${topicCount}`;
  kafka.createTopic(topic, 2);
});
afterEach(() => folder.remove());

function flagsWith(...more: readonly string[]): string[] {
  const flags = ['--topic', topic, '--brokers', kafka.brokers, '--settle', '300ms'];
  return [command, 'watch', folder.path, ...flags, ...more];
}

function watch(...more: readonly string[]) {
  return project.start(flagsWith(...more));
}

/** Runs until nothing was left to do. @returns what the topic holds then that it did not before */
async function watchUntilIdle(...more: readonly string[]): Promise<string[]> {
  const before = sent();
  const ended = await watch('--until-idle', '500ms', ...more).ended;
  expect(ended.code, ended.stderr).toBe(0);
  const after = sent();
  for (const chunk of before) after.splice(after.indexOf(chunk), 1);
  return after.sort();
}

/** Path, chunk and content of all that was sent. */
function sent(): string[] {
  const chunks = [0, 1].flatMap(partition => kafka.records(topic, partition));
  return chunks.map(({ value }) => {
    const { subdirectory, filename, index, count, data } = decodeChunk(value);
    const content = data.length < 20 ? Buffer.from(data).toString() : `${data.length} bytes`;
    return `${subdirectory === '' ? '' : `${subdirectory}/`}${filename} ${index}/${count} ${content}`;
  });
}

describe('reproducer watch', () => {
  it('tells of itself on topics as OpenMSIStream does, and stops at q over a pipe', async () => {
    for (const name of ['beats', 'lines']) kafka.createTopic(name, 1);
    folder.write('a.txt', 'twelve bytes');
    const program = new ConsoleProcess(process.execPath, [
      ...flagsWith('--heartbeat-topic', 'beats', '--log_topic_name', 'lines'),
      ...[
        '--heartbeat_interval_secs',
        '0.1',
        '--log-interval',
        '100ms',
        '--heartbeat-id',
        'lab',
        '--log-id',
        'lab',
      ],
    ]);
    const messages = (name: string): Record<string, unknown>[] =>
      kafka.records(name, 0).map(({ key, value }) => ({
        key: key?.toString(),
        ...(JSON.parse(value!.toString()) as Record<string, unknown>),
      }));
    await expect
      .poll(() => JSON.stringify(messages('beats')), { timeout: 30_000 })
      .toContain('"n_messages_produced":1');
    await program.quit();
    expect(program.exitCode, program.printed).toBe(0);

    const told = messages('beats').find(({ n_messages_produced: count }) => count === 1)!;
    const [sentBytes] = [0, 1]
      .flatMap(partition => kafka.records(topic, partition))
      .map(({ value }) => value!.length);
    expect(Object.entries(told).slice(2)).toEqual([
      ['n_messages_produced', 1],
      ['n_bytes_produced', sentBytes],
    ]);
    expect(told.key).toBe('lab_heartbeat');
    expect(messages('lines')[0]).toMatchObject({ key: 'lab_log' });
    expect(messages('lines').flatMap(({ messages: lines }) => lines)).toContainEqual(
      expect.stringContaining('a.txt'),
    );
  });

  it('takes no topic for announcements from a configuration file that it shares with a worker, nor the one for chunks', async () => {
    kafka.createTopic('beats-of-the-worker', 1);
    const config = folder.write('.lab.toml', '[reproducer]\nheartbeat-topic = "beats-of-the-worker"\n');
    folder.write('a.txt', 'a');
    await watchUntilIdle('--config', config);
    expect(kafka.records('beats-of-the-worker', 0)).toEqual([]);
    const refused = await watch('--log-topic', topic).ended;
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      `--log-topic must be a topic of its own, not the one for chunks (${topic})`,
    );
  });

  it('has its help on docs/upload.md', async () => {
    const { stdout } = await project.reproducer('watch', '--help');
    expect(readMarkdown('docs/upload.md')).toContain(`\`\`\`text\n${stdout}\`\`\`\n`);
  });

  it('tells all mistakes at once and ends with 2', async () => {
    const flags = ['--settle', 'soon', '--poll=1ms', '--brokers', 'localhost'];
    const ended = await project.reproducer('watch', folder.local('absent'), ...flags);
    expect(ended).toMatchObject({ code: 2 });
    for (const text of [
      '--settle must be a duration',
      '--poll must be 10ms or more',
      '--topic is missing',
      'does not exist',
    ])
      expect(ended.stderr).toContain(text);
  });

  it('sends what is there and what appears: in new folders, by renaming, and again when it changes', async () => {
    folder.write('there.txt', 'there');
    folder.write('deep/er/file.txt', 'deep');
    folder.write('unfinished.tmp', 'tmp');
    folder.write('.hidden', 'hidden');
    folder.write('empty.txt', '');
    symlinkSync(folder.local('loop'), folder.local('loop'));
    const { child, ended, printed } = watch();
    await printed('uploaded there.txt');
    await printed('uploaded deep/er/file.txt');
    await printed('empty.txt has no content');
    await printed('loop cannot be read and is tried again');

    mkdirSync(folder.local('new/folder'), { recursive: true });
    folder.write('new/folder/a.txt', 'a');
    renameSync(folder.local('unfinished.tmp'), folder.local('finished.txt'));
    folder.write('empty.txt', 'no more');
    await printed('uploaded new/folder/a.txt');
    await printed('uploaded finished.txt');
    await printed('uploaded empty.txt');
    renameSync(folder.local('deep'), folder.local('moved'));
    folder.write('there.txt', 'there again');
    await printed('uploaded moved/er/file.txt');
    await expect.poll(sent, { timeout: 10_000 }).toContain('there.txt 1/1 there again');

    child.kill('SIGTERM');
    const { code, stderr } = await ended;
    expect(code, stderr).toBe(3);
    expect(stderr).toContain('1 file could not be read:\\n  loop');
    expect(sent().sort()).toEqual([
      'deep/er/file.txt 1/1 deep',
      'empty.txt 1/1 no more',
      'finished.txt 1/1 tmp',
      'moved/er/file.txt 1/1 deep',
      'new/folder/a.txt 1/1 a',
      'there.txt 1/1 there',
      'there.txt 1/1 there again',
    ]);
  });

  it('sends after a restart only what was not sent, and what changed meanwhile', async () => {
    folder.write('kept.txt', 'kept');
    folder.write('changed.txt', 'old');
    folder.write('touched.txt', 'same');
    expect(await watchUntilIdle()).toHaveLength(3);
    folder.write('changed.txt', 'new');
    folder.write('added.txt', 'added');
    utimesSync(folder.local('touched.txt'), 1_700_000_000, 1_700_000_000);
    expect(await watchUntilIdle()).toEqual(['added.txt 1/1 added', 'changed.txt 1/1 new']);
    expect(await watchUntilIdle()).toEqual([]);
    const table = readFileSync(folder.local(`LOGS/uploaded_to_${topic}.csv`), 'utf8');
    expect(table.split('\n').map(line => line.split(';')[1])).toEqual(
      expect.arrayContaining(['rel_filepath', "'kept.txt'", "'changed.txt'", "'touched.txt'", "'added.txt'"]),
    );
    // The journal is what counts: without it, all is sent again, and the tables make no difference.
    rmSync(folder.local(`LOGS/upload_to_${topic}.journal`));
    folder.write('kept.txt', 'kept!');
    const inFuture = Date.now() / 1000 + 100;
    utimesSync(folder.local('kept.txt'), inFuture, inFuture);
    expect(await watchUntilIdle('--settle', '0s')).toEqual(['kept.txt 1/1 kept!']);
  });

  it('takes over what OpenMSIStream has uploaded, but for files that changed since', async () => {
    const before = statSync(folder.write('done.txt', 'done')).mtimeMs;
    folder.write('later.txt', 'later');
    const at = (ms: number): string => {
      const date = new Date(ms);
      const parts = date.toString().split(' ');
      return `'${parts[0]!} ${parts[1]!} ${parts[2]!}, ${parts[3]!} at ${parts[4]!}'`;
    };
    const row = (name: string, ms: number): string => `'${name}';'${name}';1;${at(ms)};${at(ms)}`;
    folder.write(
      `LOGS/uploaded_to_${topic}.csv`,
      [
        'filename;rel_filepath;n_chunks;started;completed',
        row('done.txt', before),
        row('later.txt', before - 60_000),
      ].join('\n'),
    );
    expect(await watchUntilIdle()).toEqual(['later.txt 1/1 later']);
  });

  it('refuses to do what another process does', async () => {
    const first = watch();
    await first.printed('uploads what is in');
    const second = await watch().ended;
    expect(second).toMatchObject({ code: 2 });
    expect(second.stderr).toContain(`another process on this host uploads it to ${topic} already`);
    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
  });
});
