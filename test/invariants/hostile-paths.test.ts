import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileProcessor, Processor } from '../../decorators/index.js';
import type { DataFile } from '../../src/processing/data-file.js';
import { runReproducerInTest, TestKafka } from '../../src/testing/index.js';
import { ChunkSender } from './harness/chunk-sender.js';
import { chunkFields, encodeFields } from './harness/sent-file.js';

const seed = Number(process.env['KAFKA_REPRODUCER_TEST_SEED'] ?? Date.now() % 1_000_000);

let kafka: TestKafka;
/** Holds the output directory and things that are nobody's business. */
let sandbox: string;
beforeEach(async () => {
  kafka = await TestKafka.start();
  sandbox = mkdtempSync(join(tmpdir(), 'hostile-'));
});
afterEach(async () => {
  await kafka.stop();
  await rm(sandbox, { recursive: true, force: true });
});

@FileProcessor('files', { mode: 'disk' })
class Keeper {
  readonly seen = new Map<string, string>();

  @Processor()
  keep(file: DataFile): void {
    this.seen.set(file.localPath!, createHash('sha256').update(file.bytes).digest('hex'));
  }
}

interface Name {
  readonly subdirectory: string;
  readonly filename: string;
  readonly append: string;
}

/** What an attacker, a careless uploader or another system may write. */
const nasty = [
  ...[
    '..',
    '.',
    '',
    '...',
    ' ',
    '.. ',
    '~',
    '/',
    '//',
    '\\',
    '..\\',
    'C:',
    'c:x',
    'con',
    'NUL.txt',
    'aux.',
    'lpt1',
  ],
  ...[
    'a\0b',
    'a\nb',
    '\u202egpj.exe',
    'e\u0301',
    'é',
    'E\u0301',
    'A',
    'a',
    '%2e%2e',
    '..%2f',
    '..;',
    '．．',
    '‥',
  ],
  ...[
    'link',
    'self',
    'up',
    'file',
    '.reproducer-parts',
    '.Reproducer-Parts',
    'x'.repeat(255),
    'x'.repeat(256),
  ],
  ...[
    'ü'.repeat(128),
    '\ud800',
    '-rf',
    '$(touch x)',
    '`id`',
    '*',
    '|',
    'a/../../b',
    '/etc',
    '/tmp/x',
    'file:///etc',
  ],
];

const segments = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...nasty) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ maxLength: 12, unit: 'binary' }) },
);
const names: fc.Arbitrary<Name> = fc.record({
  subdirectory: fc.array(segments, { maxLength: 4 }).map(parts => parts.join('/')),
  filename: segments,
  append: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, { weight: 1, arbitrary: segments }),
});

/** All files and links below the sandbox, with their content. */
function everything(): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(sandbox, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) found.set(relative(sandbox, path), 'a link');
    else if (entry.isFile()) found.set(relative(sandbox, path), readFileSync(path, 'utf8'));
  }
  return found;
}

it('no name leads out of the output directory, and good files go on being kept between the bad ones', async () => {
  console.log(`KAFKA_REPRODUCER_TEST_SEED=${seed}`);
  const outputDir = join(sandbox, 'root');
  mkdirSync(join(sandbox, 'outside'));
  mkdirSync(outputDir);
  writeFileSync(join(sandbox, 'outside/file'), 'untouched');
  writeFileSync(join(sandbox, 'file'), 'untouched');
  symlinkSync(join(sandbox, 'outside'), join(outputDir, 'link'));
  symlinkSync('..', join(outputDir, 'up'));
  symlinkSync('.', join(outputDir, 'self'));
  const before = everything();

  const keeper = new Keeper();
  kafka.ensureTopic('files', 1);
  const sender = await ChunkSender.open(kafka.brokers.split(','), 'files', 1);
  const hostile = fc.sample(names, { numRuns: 300, seed });
  for (const [at, { subdirectory, filename, append }] of hostile.entries()) {
    const [fields] = chunkFields('x', Buffer.from(`hostile ${at}`), 100);
    await sender.sendRaw(0, null, encodeFields({ ...fields!, subdirectory, filename, append }));
    if (at % 30 !== 0) continue;
    const [good] = chunkFields(`good/${at}.dat`, Buffer.from(`good ${at}`), 100);
    await sender.sendRaw(0, null, encodeFields(good!));
  }
  await sender.close();
  const options = { kafka, outputDir, create: () => keeper, untilIdle: 100 };
  const worker = await runReproducerInTest(Keeper, options);
  const summary = await worker.ended;
  const goodFiles = worker.files.filter(({ file }) => file.path.startsWith('good/'));

  const after = everything();
  for (const [path, content] of before) expect(after.get(path), path).toBe(content);
  const added = [...after.keys()].filter(path => !before.has(path));
  expect(added.filter(path => !path.startsWith('root/'))).toEqual([]);
  expect(added.filter(path => path.startsWith('root/.reproducer-parts/'))).toEqual([]);
  for (const path of keeper.seen.keys()) expect(path.startsWith(`${outputDir}/`), path).toBe(true);
  for (let at = 0; at < 300; at += 30) expect(after.get(`root/good/${at}.dat`)).toBe(`good ${at}`);
  expect(goodFiles.every(({ kind }) => kind === 'file-done')).toBe(true);
  // Some were refused by their text, some by what is on the disk, and some only look bad.
  expect(summary.badInput.byCode['ERR_UNSAFE_PATH']).toBeGreaterThan(50);
  expect(summary.failedFiles.length).toBeGreaterThan(0);
  expect(summary.failedFiles.every(({ reason }) => reason === 'not-placed')).toBe(true);
  expect(summary.badInput.count + summary.files.done + summary.files.failed).toBe(310);
});
