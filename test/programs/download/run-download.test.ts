import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EmbeddedKafka } from '../../../src/embedded-kafka/index.js';
import { UserProject, type Ended } from '../../cli/user-project.js';
import { readMarkdown } from '../../docs/markdown-files.js';
import { seededBytes } from '../../invariants/harness/seeded-random.js';
import { upload } from '../../kafka-driver/upload.js';
import { FileFolder } from '../upload/file-folder.js';

let project: UserProject;
let kafka: EmbeddedKafka;
let folder: FileFolder;
let topic: string;
let topicCount = 0;

beforeAll(async () => {
  project = new UserProject();
  kafka = await EmbeddedKafka.start();
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

function download(...flags: readonly string[]): Promise<Ended> {
  const connection = ['--topic', topic, '--brokers', kafka.brokers, '--until-idle', '300ms'];
  return project.reproducer('download', folder.local('copy'), ...connection, ...flags);
}

function send(contents: Readonly<Record<string, Uint8Array>>): Promise<unknown> {
  const modifiedAt = new Date('2025-01-02T03:04:05Z');
  const files = Object.entries(contents).map(([path, bytes]) => ({ path, bytes, modifiedAt }));
  return upload(kafka.brokers, topic, files, { chunkBytes: 1_000 });
}

/** All files below the folder, by path. */
function kept(): string[] {
  const entries = readdirSync(folder.local('copy'), { recursive: true, withFileTypes: true });
  return entries
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}/${entry.name}`.slice(folder.local('copy').length + 1))
    .sort();
}

describe('reproducer download', () => {
  it('has its help on docs/download.md', async () => {
    const { stdout } = await project.reproducer('download', '--help');
    expect(readMarkdown('docs/download.md')).toContain(`\`\`\`text\n${stdout}\`\`\`\n`);
  });

  it('tells all mistakes at once and ends with 2', async () => {
    const ended = await project.reproducer('download', folder.path, '--placement', 'round');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toBe(
      [
        'download cannot start:',
        '  - --placement must be one of scattered, by-file; found "round"',
        '  - --brokers is missing: give --brokers HOST:PORT, set REPRODUCER_BROKERS, or write bootstrap.servers into [broker] of a --config file',
        '  - --topic is missing: give --topic TOPIC',
        '',
      ].join('\n'),
    );
  });

  it('refuses a place where no folder can be, before anything is connected', async () => {
    folder.write('file', 'a file');
    const flags = ['--topic', topic, '--brokers', kafka.brokers];
    for (const [place, problem] of [
      [folder.local('file'), 'is a file'],
      [folder.local('file/below'), 'lies in a file'],
    ] as const)
      expect(await project.reproducer('download', place, ...flags)).toMatchObject({
        code: 2,
        stderr: `download cannot start:\n  - ${place} ${problem}: name the folder for the files\n`,
      });
  });

  it('keeps each file under its path, with its time, and goes on after a restart', async () => {
    const scan = seededBytes('scan', 5_500);
    await send({ 'xrd/scan.xy': scan, 'note.txt': Buffer.from('a note') });
    const first = await download();
    expect(first.code, first.stderr).toBe(0);
    expect(kept()).toEqual(['note.txt', 'xrd/scan.xy']);
    expect(readFileSync(folder.local('copy/xrd/scan.xy')).equals(scan)).toBe(true);
    expect(statSync(folder.local('copy/note.txt')).mtime).toEqual(new Date('2025-01-02T03:04:05Z'));

    const inode = statSync(folder.local('copy/note.txt')).ino;
    await send({
      'note.txt': Buffer.from('a note'),
      'xrd/scan.xy': Buffer.from('shorter'),
      new: Buffer.from('new'),
    });
    const second = await download();
    expect(second.code, second.stderr).toBe(0);
    expect(kept()).toEqual(['new', 'note.txt', 'xrd/scan.xy']);
    expect(readFileSync(folder.local('copy/xrd/scan.xy'), 'utf8')).toBe('shorter');
    // Not written again: it is the same upload.
    expect(statSync(folder.local('copy/note.txt')).ino).toBe(inode);
  });

  it('keeps only what matches', async () => {
    await send({ 'a.csv': Buffer.from('a'), 'deep/b.csv': Buffer.from('b'), 'c.txt': Buffer.from('c') });
    const ended = await download('--match', '**/*.csv');
    expect(ended.code, ended.stderr).toBe(0);
    expect(kept()).toEqual(['a.csv', 'deep/b.csv']);
  });

  it('writes nothing through a link that leads out of the folder, and keeps the rest', async () => {
    folder.write('outside/kept.txt', 'kept');
    folder.write('copy/there.txt', 'there');
    symlinkSync(folder.local('outside'), folder.local('copy/link'));
    await send({ 'link/evil.txt': Buffer.from('evil'), 'good.txt': Buffer.from('good') });
    const ended = await download();
    expect(ended.code, ended.stderr).toBe(3);
    expect(existsSync(folder.local('outside/evil.txt'))).toBe(false);
    expect(readFileSync(folder.local('copy/good.txt'), 'utf8')).toBe('good');
  });
});
