import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedKafka } from '../../../src/embedded-kafka/index.js';
import { UserProject, type Ended } from '../../cli/user-project.js';
import { readMarkdown } from '../../docs/markdown-files.js';

let project: UserProject;
let kafka: EmbeddedKafka;
let client: kafkajs.Kafka;
let topicCount = 0;

beforeAll(async () => {
  project = new UserProject();
  kafka = await EmbeddedKafka.start({ autoCreateTopics: false });
  client = new kafkajs.Kafka({ brokers: [kafka.brokers], logLevel: kafkajs.logLevel.NOTHING });
});

afterAll(async () => {
  await kafka.stop();
  project.remove();
});

/** A topic of two partitions with a message of so many bytes on each. */
async function sourceOf(...sizes: readonly number[]): Promise<string> {
  topicCount += 1;
  const topic = `source-${topicCount}`;
  kafka.createTopic(topic, 2);
  const producer = client.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  for (const size of sizes)
    for (const partition of [0, 1])
      await producer.send({ topic, messages: [{ partition, value: Buffer.alloc(size, 1) }] });
  await producer.disconnect();
  return topic;
}

function colocate(from: string, to: string, ...flags: string[]): Promise<Ended> {
  const connection = flags.includes('--config') ? [] : ['--brokers', kafka.brokers];
  return project.reproducer('colocate', from, to, ...connection, ...flags);
}

async function commit(groupId: string, topic: string, metadata: string): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  await admin.setOffsets({ groupId, topic, partitions: [{ partition: 0, offset: '1', metadata } as never] });
  await admin.disconnect();
}

function copiesOn(topic: string): number {
  const partitions = Array.from({ length: kafka.partitionCount(topic) }, (_, partition) => partition);
  return partitions.reduce((sum, partition) => sum + kafka.records(topic, partition).length, 0);
}

describe.concurrent('reproducer colocate', () => {
  it('has its help on docs/colocate.md', async () => {
    const { stdout } = await project.reproducer('colocate', '--help');
    expect(readMarkdown('docs/colocate.md')).toContain(`\`\`\`text\n${stdout}\`\`\`\n`);
  });

  it('refuses one topic for both, and tells all other mistakes at once, before any connection', async () => {
    expect(await project.reproducer('colocate', 'files', 'files')).toMatchObject({
      code: 2,
      stderr: 'TO must be another topic than FROM (files): copies would be copied again\n',
    });
    const flags = ['--target-partitions', '0', '--instance', 'a/b', '--until-idle', 'soon'];
    const { code, stderr } = await project.reproducer('colocate', 'files', 'no topic', ...flags);
    expect(code).toBe(2);
    expect(stderr).toBe(
      [
        'colocate cannot start:',
        '  - --until-idle must be a duration such as 500ms, 30s, 10m or 24h (a plain number is seconds); found "soon"',
        '  - TO must be a topic name: up to 249 letters, digits, dots, underscores and hyphens; found "no topic"',
        '  - --brokers is missing: give --brokers HOST:PORT, set REPRODUCER_BROKERS, or write bootstrap.servers into [broker] of a --config file',
        '  - --target-partitions: must be a whole number from 1 to 10000; found "0"',
        '  - --instance: must be up to 100 letters, digits, dots, underscores and hyphens; found "a/b"',
        '',
      ].join('\n'),
    );
  });

  it('refuses topics that are not there and a target with another number of partitions', async () => {
    const from = await sourceOf(10);
    expect(await colocate('absent', 'copies')).toMatchObject({
      code: 2,
      stderr: 'FROM: topic absent does not exist, or this user may not see it\n',
    });
    expect(await colocate(from, 'absent')).toMatchObject({
      code: 2,
      stderr:
        'TO: topic absent does not exist, or this user may not see it; give --target-partitions N to create it\n',
    });
    kafka.createTopic(`${from}-copies`, 3);
    expect(await colocate(from, `${from}-copies`, '--target-partitions', '4')).toMatchObject({
      code: 2,
      stderr: `--target-partitions 4: topic ${from}-copies exists with 3 partitions; leave the flag out, or name another target\n`,
    });
    expect(copiesOn(`${from}-copies`)).toBe(0);
  });

  it('--dry-run tells what it would do and changes nothing', async () => {
    const from = await sourceOf(10, 20);
    const ended = await colocate(from, `${from}-copies`, '--target-partitions', '4', '--dry-run');
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout).toBe(
      [
        `from   ${from}: 2 partitions, at most 4 messages`,
        `to     ${from}-copies: 4 partitions, would be created`,
        `group  colocate.${from}.${from}-copies: would begin at the earliest message`,
        'Nothing was changed.',
        '',
      ].join('\n'),
    );
    expect(kafka.topics()).not.toContain(`${from}-copies`);
  });

  it('takes the connection of a configuration file, but not the group that its worker has', async () => {
    const from = await sourceOf(10);
    const file = `[broker]\nbootstrap.servers = ${kafka.brokers}\n[consumer]\ngroup.id = peaks\nauto.offset.reset = latest\n`;
    const config = project.write(`${from}.config`, file);
    const flags = ['--config', config, '--target-partitions', '1', '--until-idle', '200ms'];
    const ended = await colocate(from, `${from}-copies`, ...flags);
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stderr).toContain(
      `all of ${from} is copied; this process copied 0 chunks and 2 other messages (20 B)`,
    );
    expect(copiesOn(`${from}-copies`)).toBe(2);
    expect(kafka.committedOffsets('peaks')).toEqual([]);
  });

  it('refuses a group whose offsets another program committed', async () => {
    const from = await sourceOf(10);
    await commit(`peaks-${from}`, from, 'read up to here');
    const flags = ['--target-partitions', '2', '--until-idle', '200ms', '--group-id', `peaks-${from}`];
    const ended = await colocate(from, `${from}-copies`, ...flags);
    expect(ended.code, ended.stderr).toBe(2);
    expect(ended.stderr).toContain(
      `--group-id peaks-${from}: this group's offset of ${from}[0] does not say "colocated to ${from}-copies/2"`,
    );
    expect(copiesOn(`${from}-copies`)).toBe(0);
  });

  it('ends with 1 and names the message that the target does not take', async () => {
    const from = await sourceOf(10, 3_000);
    kafka.createTopic(`${from}-copies`, 1, { 'max.message.bytes': '1000' });
    const ended = await colocate(from, `${from}-copies`, '--until-idle', '200ms');
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toMatch(/larger than the topic allows \(its max\.message\.bytes\)/);
    expect(ended.stderr).toMatch(
      new RegExp(`the largest of these records is ${from}\\[[01]\\]@1 with 3000 bytes`),
    );
  });

  it('copies with little memory what is larger than it', async () => {
    const from = await sourceOf(...Array.from({ length: 12 }, () => 100_000));
    const flags = ['--target-partitions', '3', '--until-idle', '200ms', '--memory-budget', '150KB'];
    const ended = await colocate(from, `${from}-copies`, ...flags);
    expect(ended.code, ended.stderr).toBe(0);
    expect(copiesOn(`${from}-copies`)).toBe(24);
  });
});
