import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedKafka } from '../../../src/embedded-kafka/index.js';
import { decodeChunk } from '../../../src/wire/decode-chunk.js';
import { filePartition } from '../../../src/wire/file-partition.js';
import { UserProject, type Ended } from '../../cli/user-project.js';
import { readMarkdown } from '../../docs/markdown-files.js';
import { seededBytes } from '../../invariants/harness/seeded-random.js';
import { FileFolder } from './file-folder.js';

let project: UserProject;
let kafka: EmbeddedKafka;
let folder: FileFolder;
let topicCount = 0;

beforeAll(async () => {
  project = new UserProject();
  kafka = await EmbeddedKafka.start({ autoCreateTopics: false });
  folder = new FileFolder();
  folder.write('files/xrd/scan.xy', seededBytes('scan', 3_000));
  folder.write('files/note.txt', 'a note');
  folder.write('empty/nothing.txt', '');
});
afterAll(async () => {
  await kafka.stop();
  folder.remove();
  project.remove();
});

function newTopic(): string {
  topicCount += 1;
  kafka.createTopic(`files-${topicCount}`, 4);
  return `files-${topicCount}`;
}

function upload(named: string, topic: string, ...flags: string[]): Promise<Ended> {
  return project.reproducer(
    'upload',
    folder.local(named),
    '--topic',
    topic,
    '--brokers',
    kafka.brokers,
    ...flags,
  );
}

/** What lies on a topic: partition and path of each chunk. */
function chunksOn(topic: string) {
  return Array.from({ length: kafka.partitionCount(topic) }, (_, partition) =>
    kafka.records(topic, partition).map(({ value }) => {
      const { subdirectory, filename, data, index } = decodeChunk(value);
      return { partition, path: subdirectory === '' ? filename : `${subdirectory}/${filename}`, data, index };
    }),
  ).flat();
}

describe.concurrent('reproducer upload', () => {
  it('has its help on docs/upload.md', async () => {
    const { stdout } = await project.reproducer('upload', '--help');
    expect(readMarkdown('docs/upload.md')).toContain(`\`\`\`text\n${stdout}\`\`\`\n`);
  });

  it('puts every chunk of a file on the partition of its path, and ends with 0', async () => {
    const topic = newTopic();
    const ended = await upload('files', topic, '--chunk-bytes', '1000');
    expect(ended.code, ended.stderr).toBe(0);
    const chunks = chunksOn(topic);
    expect(chunks.map(({ path, index }) => `${path} ${index}`).sort()).toEqual([
      'note.txt 1',
      'xrd/scan.xy 1',
      'xrd/scan.xy 2',
      'xrd/scan.xy 3',
    ]);
    for (const { path, partition } of chunks) expect(partition).toBe(filePartition(path, 4));
    expect(ended.stderr).toContain(`uploads 2 files to ${topic} (4 partitions), by-file`);
    expect(ended.stderr).toMatch(/2 files uploaded \(4 chunks, 2\.9 KiB\) in [\d.]+ s/);
  });

  it('tells all mistakes at once, before any connection, and ends with 2', async () => {
    const flags = ['--layout', 'round', '--chunk-bytes', '0', '--partitions', '0', '--give-up-after', 'soon'];
    const ended = await project.reproducer('upload', 'absent', '--topic', 'no topic', ...flags);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toBe(
      [
        'upload cannot start:',
        '  - --chunk-bytes must be 1 byte or more; found "0"',
        '  - --brokers is missing: give --brokers HOST:PORT, set REPRODUCER_BROKERS, or write bootstrap.servers into [broker] of a --config file',
        '  - --topic must be a topic name: up to 249 letters, digits, dots, underscores and hyphens; found "no topic"',
        '  - --layout must be one of scattered, by-file; found "round"',
        '  - --partitions must be a whole number from 1 to 10000; found "0"',
        '  - --give-up-after must be a duration such as 500ms, 30s, 10m or 24h (a plain number is seconds); found "soon"',
        '  - absent: does not exist',
        '',
      ].join('\n'),
    );
  });

  it('refuses a topic that is not there, has other partitions, or takes no such chunk', async () => {
    expect(await upload('files', 'absent')).toMatchObject({
      code: 2,
      stderr:
        '--topic absent: does not exist, or this user may not see it; give --partitions N to create it\n',
    });
    const topic = newTopic();
    expect(await upload('files', topic, '--partitions', '3')).toMatchObject({
      code: 2,
      stderr: `--partitions 3: topic ${topic} exists with 4 partitions; leave the flag out, or name another topic\n`,
    });
    expect(await upload('files', topic, '--chunk-bytes', '2MiB')).toMatchObject({
      code: 2,
      stderr: `--chunk-bytes 2097152: topic ${topic} takes messages of at most 1048588 bytes (max.message.bytes), of which a chunk may have 1048188; give smaller chunks, or raise the topic's limit\n`,
    });
    expect(chunksOn(topic)).toEqual([]);
  });

  it('creates the topic where it is told with how many partitions', async () => {
    const ended = await upload('files', 'made', '--partitions', '2');
    expect(ended.code, ended.stderr).toBe(0);
    expect(kafka.partitionCount('made')).toBe(2);
  });

  it('takes topic and connection of a configuration file, but not what it says for workers', async () => {
    const topic = newTopic();
    const lines = [
      ...['[broker]', `bootstrap.servers = ${kafka.brokers}`, '[producer]', 'compression.type = gzip'],
      ...['[reproducer]', 'match = **/*.never', 'consume-topic = other', '[upload]', `topic = ${topic}`],
    ];
    const config = project.write('upload.config', lines.join('\n'));
    const ended = await project.reproducer('upload', folder.local('files/note.txt'), '--config', config);
    expect(ended.code, ended.stderr).toBe(0);
    expect(chunksOn(topic).map(({ path }) => path)).toEqual(['note.txt']);
  });

  it('names files without content, which cannot be uploaded, and ends with 0', async () => {
    const topic = newTopic();
    const ended = await upload('empty', topic);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr).toContain(
      '1 file without content cannot be uploaded, as an empty file has no chunk:\\n  nothing.txt',
    );
    expect(chunksOn(topic)).toEqual([]);
  });

  it('says so when the flags leave no file', async () => {
    expect(await upload('files', newTopic(), '--match', '*.none')).toMatchObject({
      code: 2,
      stderr: 'upload cannot start:\n  - --match left no file of what was named\n',
    });
  });

  it('ends with 1 when Kafka stays away', async () => {
    const flags = ['--topic', 'files', '--brokers', '127.0.0.1:1', '--give-up-after', '1s'];
    const ended = await project.reproducer('upload', folder.local('files/note.txt'), ...flags);
    expect(ended.code, ended.stderr).toBe(1);
  });
});
