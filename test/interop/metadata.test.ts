import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from '../invariants/harness/broker-under-test.js';
import { interleave } from '../invariants/harness/chunk-sender.js';
import { Scene } from '../invariants/harness/scene.js';
import { sentFile } from '../invariants/harness/sent-file.js';
import { TopicReader } from '../invariants/harness/topic-reader.js';
import { createTopic } from '../invariants/harness/topics.js';
import { compileProgram } from '../invariants/harness/worker-process.js';
import { runScript, whyNoPython } from './python-program.js';

const waitMs = 30_000;
let broker: BrokerUnderTest;
let program: string;
let scene: Scene;

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('programs/describe-table.ts', import.meta.url));
  scene = await Scene.open(broker.brokers);
});
afterAll(async () => {
  await scene.close();
  await broker.close();
});

const contents: Readonly<Record<string, string>> = {
  'in the root.txt': '1 2.5 -3 1e-7 0.0001 123456789.125',
  'scans/énergie 💡.xy': '10.00 152\r\n10.02\t149 "q" \\ / \u007f\u2028 \u{1F600} é',
  'scans/deep/large.dat': `${'0.1 '.repeat(400)}1e16 1e22 1.7976931348623157e308 5e-324 9007199254740993`,
  'no-numbers.txt': 'only\fwords\b',
};

describe.skipIf(whyNoPython !== undefined)('a metadata reproducer', () => {
  test('gives the same messages, byte for byte, as the original one on the same topic', async () => {
    const paths = Object.keys(contents);
    const files = paths.map(path => sentFile(path, Buffer.from(contents[path]!), 512));
    await scene.sender.send(interleave(files, 4, 1));
    await scene.waitForResults(scene.start(program), paths.length, waitMs);
    const theirTopic = await createTopic(scene.brokers, 'metadata', 1);
    await runScript('metadata.py', [
      ...['--brokers', scene.brokers.join(','), '--group', `${scene.groupId}-original`],
      ...['--consume-topic', scene.topic, '--produce-topic', theirTopic, '--count', String(paths.length)],
    ]);

    const theirs = await readAll(theirTopic);
    expect(theirs.map(([key]) => key)).toContain('scans_deep_large.dat_chunk_processing_result');
    expect(await readAll(scene.resultTopic)).toEqual(theirs);
  }, 120_000);
});

/** Key and value of each message, sorted. */
async function readAll(topic: string): Promise<(readonly [string, string])[]> {
  const reader = await TopicReader.open(scene.brokers, topic);
  const messages = await reader.catchUp();
  await reader.close();
  const pairs = messages.map(({ key, value }) => [key, value.toString('latin1')] as const);
  return pairs.sort(([one], [other]) => one.localeCompare(other));
}
