import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from '../invariants/harness/broker-under-test.js';
import { interleave } from '../invariants/harness/chunk-sender.js';
import { differences } from '../invariants/harness/result-account.js';
import { partitionCount, Scene } from '../invariants/harness/scene.js';
import { scatteredPartition, sentFile, type SentFile } from '../invariants/harness/sent-file.js';
import { compileProgram } from '../invariants/harness/worker-process.js';
import { seededBytes } from '../invariants/harness/seeded-random.js';
import { runScript, whyNoPython } from './python-program.js';

const compressions = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const waitMs = 30_000;
let broker: BrokerUnderTest;
let program: string;
let scene: Scene;

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('../invariants/programs/hash-files.ts', import.meta.url));
});
afterAll(() => broker.close());
beforeEach(async () => {
  scene = await Scene.open(broker.brokers);
});
afterEach(() => scene.close());

/** What compresses well, what does not, one byte, and several chunks. */
function files(): SentFile[] {
  const table = Buffer.from('23.5,1013.2,0.000\n'.repeat(4000));
  return [
    sentFile('tables/weather.csv', table, 16_384),
    sentFile('noise.bin', seededBytes('noise', 100_000), 16_384),
    sentFile('one-byte.bin', Buffer.from('x'), 16_384),
    ...Array.from({ length: 20 }, (_, at) =>
      sentFile(`small/${at}.txt`, Buffer.from(`measurement ${at}\n`.repeat(30)), 16_384),
    ),
  ];
}

async function produceWithLibrdkafka(sent: readonly SentFile[], compression: string): Promise<void> {
  const lines = interleave(sent, 5, 1).map(({ key, value }) =>
    JSON.stringify({
      key: Buffer.from(key).toString('base64'),
      value: value.toString('base64'),
      partition: scatteredPartition(key, partitionCount),
    }),
  );
  const flags = ['--brokers', scene.brokers.join(','), '--topic', scene.topic, '--compression', compression];
  await runScript('produce.py', flags, lines.join('\n'));
}

interface PythonMessage {
  readonly key: string;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString();

describe.skipIf(whyNoPython !== undefined)('librdkafka', () => {
  test.each(compressions)(
    'chunks it compressed with %s are rebuilt',
    async compression => {
      const sent = files();
      await produceWithLibrdkafka(sent, compression);
      const worker = scene.start(program);
      await scene.waitForResults(worker, sent.length, waitMs);

      expect(differences(sent, await scene.results.catchUp())).toEqual([]);
    },
    60_000,
  );

  test.each(compressions)(
    'it reads results compressed with %s, keys, values and headers',
    async compression => {
      const sent = await scene.upload(`for-${compression}`, 8);
      const worker = scene.start(program, '--compression', compression, '--until-idle', '1s');
      expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });

      const flags = ['--brokers', scene.brokers.join(','), '--topic', scene.resultTopic];
      const lines = (await runScript('read.py', flags)).trim().split('\n');
      const results = lines.map(line => JSON.parse(line) as PythonMessage);
      const found = results.map(({ key, value, headers }) => ({
        key: decoded(key),
        sha256: (JSON.parse(decoded(value)) as { sha256: string }).sha256,
        path: decoded(headers['file-path']!),
        idLength: decoded(headers['result-id']!).length,
      }));
      const expected = sent.map(({ path, sha256 }) => ({
        key: `${path.replace('/', '_')}_chunk_processing_result`,
        sha256,
        path,
        idLength: 26,
      }));
      const byKey = (a: { key: string }, b: { key: string }): number => a.key.localeCompare(b.key);
      expect(found.sort(byKey)).toEqual(expected.sort(byKey));
    },
    60_000,
  );
});
