import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Processor, Reproducer } from '../../decorators/index.js';
import type { DataFile } from '../../src/processing/data-file.js';
import { readResults, runReproducerInTest, TestKafka } from '../../src/testing/index.js';
import { ChunkSender } from '../invariants/harness/chunk-sender.js';
import { seededBytes, seededRandom, shuffle, wholeBetween } from '../invariants/harness/seeded-random.js';
import { chunkFields, encodeFields, sha512, type ChunkFields } from '../invariants/harness/sent-file.js';

const partitionCount = 3;
const goodFileCount = 30;
/** For each chunk of a good file. */
const damagedShare = 1.5;
const chunkBytes = 200;

export interface RoundResult {
  readonly messageCount: number;
  readonly badInputCount: number;
  readonly failedFileCount: number;
  /** Worker that failed, files outside, wrong results, dead letters that do not fit what was given up; empty: none. */
  readonly problems: readonly string[];
  /** Good files without a result. */
  readonly lost: readonly string[];
  /** Messages that were given up more than once. */
  readonly repeated: readonly string[];
}

@Reproducer('files', 'results', { mode: 'disk', memoryBudget: '2KB', diskBudget: '20KB' })
class Hasher {
  @Processor()
  hash(file: DataFile) {
    return { path: file.path, sha512: sha512(file.bytes).toString('hex') };
  }
}

type Random = () => number;
const pick = <T>(random: Random, list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
const hugeNumbers = [0, -1, 1, 2, 199, 200, 201, 1e6, 2 ** 31, 2 ** 40, 2 ** 53, Number.NaN, 0.5];
const hostileNames = [
  '..',
  '../x',
  '/etc',
  'a\0b',
  'con',
  '',
  '.reproducer-parts',
  'link',
  'up',
  'x'.repeat(5000),
];

/** What a chunk of a good file becomes: another place, another name, other bytes, or no chunk at all. */
function damaged(fields: ChunkFields, random: Random): Buffer | null {
  const number = (): number => pick(random, hugeNumbers);
  const other = seededBytes(String(random()), wholeBetween(random, 1, 2 * chunkBytes));
  const kinds: (() => Buffer | null)[] = [
    () => null,
    () => other,
    () => encodeFields({ ...fields, startByte: number() }),
    () => encodeFields({ ...fields, index: number() }),
    () => encodeFields({ ...fields, count: number() }),
    () => encodeFields({ ...fields, index: wholeBetween(random, 1, fields.count) }),
    () => encodeFields({ ...fields, startByte: wholeBetween(random, 0, 5) * chunkBytes }),
    () => encodeFields({ ...fields, data: other }),
    () => encodeFields({ ...fields, data: other, chunkHash: sha512(other) }),
    () => encodeFields({ ...fields, chunkHash: sha512(other) }),
    () => encodeFields({ ...fields, fileHash: sha512(other) }),
    () => encodeFields({ ...fields, filename: pick(random, hostileNames) }),
    () => encodeFields({ ...fields, subdirectory: pick(random, hostileNames) }),
    () => encodeFields({ ...fields, append: pick(random, hostileNames) }),
    () => cutOrFlipped(encodeFields(fields), random),
  ];
  return pick(random, kinds)();
}

function cutOrFlipped(message: Buffer, random: Random): Buffer {
  if (random() < 0.3) return message.subarray(0, wholeBetween(random, 0, message.length - 1));
  const copy = Buffer.from(message);
  for (let count = wholeBetween(random, 1, 4); count > 0; count -= 1)
    copy[wholeBetween(random, 0, copy.length - 1)]! ^= 1 << wholeBetween(random, 0, 7);
  return copy;
}

/** All files and links below a folder, with their content. */
function everything(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) found.set(relative(folder, path), 'a link');
    else if (entry.isFile()) found.set(relative(folder, path), readFileSync(path, 'latin1'));
  }
  return found;
}

/**
 * One worker on one topic: good files, and damaged copies of their chunks between them, in any order. The worker must end by itself,
 * nothing may lie outside of the output directory, and everything that was given up has its dead letter.
 * Every good file has its result, and no message is given up twice.
 */
export async function fuzzRound(seed: number): Promise<RoundResult> {
  const random = seededRandom(seed);
  const kafka = await TestKafka.start();
  const sandbox = mkdtempSync(join(tmpdir(), 'fuzz-chunks-'));
  try {
    const outputDir = join(sandbox, 'root');
    for (const folder of ['root', 'outside']) mkdirSync(join(sandbox, folder));
    writeFileSync(join(sandbox, 'outside/file'), 'untouched');
    symlinkSync(join(sandbox, 'outside'), join(outputDir, 'link'));
    symlinkSync('..', join(outputDir, 'up'));
    const before = everything(sandbox);

    const good = new Map<string, Buffer>();
    const messages: (Buffer | null)[] = [];
    for (let at = 0; at < goodFileCount; at += 1) {
      const path = `good/${at}.dat`;
      const content = seededBytes(`${seed}/${at}`, wholeBetween(random, 1, 8 * chunkBytes));
      good.set(path, content);
      for (const fields of chunkFields(path, content, chunkBytes)) {
        messages.push(encodeFields(fields));
        for (let odds = damagedShare; random() < odds; odds -= 1) messages.push(damaged(fields, random));
      }
    }
    shuffle(messages, random);
    kafka.ensureTopic('files', partitionCount);
    const sender = await ChunkSender.open(kafka.brokers.split(','), 'files', partitionCount);
    for (const message of messages)
      await sender.sendRaw(Math.floor(random() * partitionCount), null, message);
    await sender.close();

    const worker = await runReproducerInTest(Hasher, { kafka, outputDir, untilIdle: 200 });
    const summary = await worker.ended;
    const [problems, lost, repeated]: [string[], string[], string[]] = [[], [], []];
    if (summary.outcome === 'failed') problems.push(`the worker failed: ${summary.error}`);

    const hashes = new Map([...good].map(([path, content]) => [path, sha512(content).toString('hex')]));
    const results = (await worker.results()).map(
      ({ value }) => JSON.parse(value!.toString()) as Record<string, string>,
    );
    for (const [path, hash] of hashes) {
      const right = results.filter(found => found['path'] === path && found['sha512'] === hash);
      if (right.length === 0) lost.push(path);
      if (right.length > 1) problems.push(`${path} has ${right.length} results`);
    }
    // The worker tries with a record of no value whether it may write there.
    const all = await readResults(kafka, 'results.dead-letters');
    const letters = all.filter(({ value }) => value !== null).length;
    const expected = summary.badInput.count + summary.files.failed;
    if (letters !== expected)
      problems.push(`${letters} dead letters for ${expected} things that were given up`);
    const reasons = new Map<string, string[]>();
    for (const { partition, offset, reason } of worker.badInput) {
      const place = `${partition}/${offset}`;
      reasons.set(place, [...(reasons.get(place) ?? []), reason]);
    }
    for (const [place, its] of reasons) if (its.length > 1) repeated.push(`${place}: ${its.join('; then ')}`);

    const after = everything(sandbox);
    for (const [path, content] of before)
      if (after.get(path) !== content) problems.push(`${path} was changed`);
    for (const path of after.keys())
      if (!before.has(path) && (!path.startsWith('root/') || path.startsWith('root/.reproducer-parts/')))
        problems.push(`${path} was left`);
    return {
      messageCount: messages.length,
      badInputCount: summary.badInput.count,
      failedFileCount: summary.files.failed,
      problems,
      lost,
      repeated,
    };
  } finally {
    await kafka.stop();
    await rm(sandbox, { recursive: true, force: true });
  }
}
