import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Scene } from './harness/scene.js';
import { sceneForEachTest } from './harness/scene-for-each-test.js';

const waitMs = 20_000;
let program: string;
let scene: Scene;

sceneForEachTest(new URL('./programs/hash-files.ts', import.meta.url), stage => ({ program, scene } = stage));

interface MessageLine {
  readonly key_hex: string;
  readonly value_base64: string;
  readonly partition: number;
}
interface ManifestFile {
  readonly target: string;
  readonly size: number;
  readonly sha256: string;
  readonly sha512: string;
  readonly delivered: boolean;
}
interface Summary {
  readonly filename: string;
  readonly size: number;
  readonly sha256: string;
}

const text = (name: string): string =>
  readFileSync(new URL(`../fixtures/openmsistream-1.8.8/${name}`, import.meta.url), 'utf8');
const lines = (name: string): MessageLine[] =>
  text(name)
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as MessageLine);
const manifest = (JSON.parse(text('manifest.json')) as { files: ManifestFile[] }).files;
const sorted = (texts: readonly string[]): string[] => [...texts].sort();

/** Onto the partitions that the original's producer chose. */
async function load(name: string): Promise<void> {
  for (const { key_hex, value_base64, partition } of lines(name)) {
    const key = Buffer.from(key_hex, 'hex').toString();
    await scene.sender.sendRaw(partition, key, Buffer.from(value_base64, 'base64'));
  }
}

test('messages of the original give exactly the files of the manifest, and its result keys', async () => {
  await load('messages.jsonl');
  const worker = scene.start(program, '--until-idle', '1s');
  expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });

  const results = await scene.results.catchUp(waitMs);
  const delivered = manifest.filter(file => file.delivered);
  const found = results.map(({ value, headers }) => {
    const { filename, size, sha256 } = JSON.parse(value.toString()) as Summary;
    return `${filename} ${size} ${sha256} ${headers['file-hash']!}`;
  });
  expect(sorted(found)).toEqual(
    sorted(delivered.map(file => `${file.target} ${file.size} ${file.sha256} ${file.sha512}`)),
  );
  const originals = lines('results-simple.jsonl').map(
    ({ key_hex, value_base64 }) =>
      `${key_hex} ${JSON.stringify(JSON.parse(Buffer.from(value_base64, 'base64').toString()))}`,
  );
  const ours = results.map(
    ({ key, value }) => `${Buffer.from(key).toString('hex')} ${JSON.stringify(JSON.parse(value.toString()))}`,
  );
  expect(sorted(ours)).toEqual(sorted(originals));
});

test('messages of older uploaders, without the modification time, give the same files', async () => {
  await load('messages-legacy-9.jsonl');
  const worker = scene.start(program, '--until-idle', '1s');
  expect(await worker.exited, worker.output()).toEqual({ code: 0, signal: null });

  const results = await scene.results.catchUp(waitMs);
  expect(results).toHaveLength(3);
  for (const { value } of results) {
    const { filename, size, sha256 } = JSON.parse(value.toString()) as Summary;
    expect(manifest.find(({ target }) => target === filename)).toMatchObject({ size, sha256 });
  }
});
