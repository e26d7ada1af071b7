import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brokerUnderTest, type BrokerUnderTest } from '../invariants/harness/broker-under-test.js';
import { Scene } from '../invariants/harness/scene.js';
import { compileProgram } from '../invariants/harness/worker-process.js';
import { seededBytes } from '../invariants/harness/seeded-random.js';
import { uploadConfiguration } from './configuration-files.js';
import { runOriginal, whyNoPython } from './python-program.js';

const waitMs = 30_000;
let broker: BrokerUnderTest;
let program: string;
let scene: Scene;
let folder: string;

beforeAll(async () => {
  broker = await brokerUnderTest();
  program = await compileProgram(new URL('../invariants/programs/hash-files.ts', import.meta.url));
  scene = await Scene.open(broker.brokers);
  folder = mkdtempSync(join(tmpdir(), 'live-upload-'));
});
afterAll(async () => {
  await scene.close();
  await broker.close();
  rmSync(folder, { recursive: true, force: true });
});

const contents: Readonly<Record<string, Buffer>> = {
  'diffraction pattern.xy': Buffer.from('10.00 152\n10.02 149\n'.repeat(40_000)),
  'détecteur-é.bin': seededBytes('detector', 1_300_000),
  'tiny.txt': Buffer.from('1'),
};

describe.skipIf(whyNoPython !== undefined)('the original uploader', () => {
  test('files it uploads now, compressed with lz4, are rebuilt byte for byte', async () => {
    const configuration = join(folder, 'upload.config');
    writeFileSync(configuration, uploadConfiguration(scene.brokers));
    const worker = scene.start(program);
    mkdirSync(join(folder, 'files'));
    for (const [name, content] of Object.entries(contents)) {
      const path = join(folder, 'files', name);
      writeFileSync(path, content);
      utimesSync(path, 1_700_000_000, 1_700_000_000.5);
      const flags = ['--config', configuration, '--topic_name', scene.topic, '--chunk_size', '131072'];
      await runOriginal('UploadDataFile', [path, ...flags]);
    }
    await scene.waitForResults(worker, Object.keys(contents).length, waitMs);

    const results = await scene.results.catchUp();
    const found = results.map(({ key, value, headers }) => ({
      key,
      hash: headers['file-hash'],
      ...(JSON.parse(value.toString()) as { filename: string; size: number; sha256: string }),
    }));
    const digest = (algorithm: string, content: Buffer): string =>
      createHash(algorithm).update(content).digest('hex');
    const expected = Object.entries(contents).map(([name, content]) => ({
      key: `_${name}_chunk_processing_result`,
      hash: digest('sha512', content),
      filename: name,
      size: content.length,
      sha256: digest('sha256', content),
    }));
    const byName = (a: { filename: string }, b: { filename: string }): number =>
      a.filename.localeCompare(b.filename);
    expect(found.sort(byName)).toEqual(expected.sort(byName));
  }, 120_000);
});
