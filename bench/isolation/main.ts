/**
 * What a call of the method costs in the worker's thread, in a thread and in a process of its own: see ../README.md.
 */
import { ContentClient } from '../../src/processing/content/content-client.js';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type * as OpenChildren from '../../src/bootstrap/isolation/open-children.js';
import type * as PrepareRun from '../../src/bootstrap/prepare-run.js';
import { isolations, type Isolation } from '../../src/config/isolations.js';
import type * as Logging from '../../src/logger.js';
import type * as Processing from '../../src/processing/file-processing.js';
import type { FileReady } from '../../src/processing/file-work.js';
import type { ChildPool } from '../../src/processing/isolation/child-pool.js';
import { seededBytes } from '../../test/invariants/harness/seeded-random.js';
import { median } from '../measuring/statistics.js';
import { shortNumber, tableLines } from '../measuring/table.js';
import { DescribeFile } from './describe-file.js';

const { values: given } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } });
const rounds = Number(given.rounds);
const cases = [
  { name: '1 KiB', size: 1024, count: 2000 },
  { name: '5 MiB', size: 5 * 1024 * 1024, count: 60 },
];

/** The built package, which children load. */
const built = <T>(path: string): Promise<T> =>
  import(new URL(`../../dist/src/${path}`, import.meta.url).href) as Promise<T>;
const { FileProcessing } = await built<typeof Processing>('processing/file-processing.js');
const { defineReproducer, prepareRun } = await built<typeof PrepareRun>('bootstrap/prepare-run.js');
const { openChildren } = await built<typeof OpenChildren>('bootstrap/isolation/open-children.js');
const { silentLogger } = await built<typeof Logging>('logger.js');

/** Calls the method with files, one after the other, as a worker does once a file is whole. */
class Caller {
  #onSettled: () => void = () => undefined;
  #lastId = 0;

  private constructor(
    readonly isolation: Isolation,
    readonly processing: InstanceType<typeof FileProcessing>,
    readonly pool: ChildPool | undefined,
  ) {}

  static async open(isolation: Isolation): Promise<Caller> {
    const logger = silentLogger();
    const module = new URL('./describe-file.ts', import.meta.url);
    const options = { brokers: 'not-connected:9092', logger, env: {}, module };
    const run = prepareRun(await defineReproducer(DescribeFile, {}), options);
    let pool: ChildPool | undefined;
    // No file of these is read from a topic.
    const contents = new ContentClient(() => undefined);
    const processing = new FileProcessing({
      definition: run.definition,
      instance: run.instance,
      options: run.configuration.options,
      logger,
      onSettled: ({ outcome }) => {
        if (outcome.kind !== 'done') throw new Error(JSON.stringify(outcome));
        caller.#onSettled();
      },
      placeCalls:
        isolation === 'none'
          ? undefined
          : lock => (pool = openChildren(run, run.classSource!, isolation, { lock, contents })),
    });
    const caller = new Caller(isolation, processing, pool);
    await pool?.open(new AbortController().signal);
    return caller;
  }

  /** @returns milliseconds per file */
  async measure(content: Buffer, count: number): Promise<number> {
    // Made beforehand: the engine has them when the method is called.
    const files = Array.from({ length: count }, () => this.#file(content));
    const startedAt = performance.now();
    for (const file of files) {
      const settled = new Promise<void>(resolve => (this.#onSettled = resolve));
      this.processing.submit(file);
      await settled;
    }
    return (performance.now() - startedAt) / count;
  }

  #file(content: Buffer): FileReady {
    const workId = ++this.#lastId;
    const path = `file-${workId}.dat`;
    const info = {
      ...{ path, filename: path, subdirectory: '', sha512: '', chunkCount: 1 },
      source: { topic: 'files', partitions: [{ partition: 0, firstOffset: '0', lastOffset: '0' }] },
    };
    const bytes = new Uint8Array(content).buffer;
    return { workId, info, bytes, size: content.length, resultId: path };
  }
}

const callers = await Promise.all(isolations.map(isolation => Caller.open(isolation)));
const rows: string[][] = [];
for (const { name, size, count } of cases) {
  const content = seededBytes(name, size);
  const measured = new Map(callers.map(({ isolation }) => [isolation, [] as number[]]));
  // The first round warms up. Each begins with another one, so that no one always runs in the same weather.
  for (let round = -1; round < rounds; round += 1)
    for (let turn = 0; turn < callers.length; turn += 1) {
      const caller = callers[(round + 1 + turn) % callers.length]!;
      const ms = await caller.measure(content, round < 0 ? Math.ceil(count / 10) : count);
      if (round >= 0) measured.get(caller.isolation)!.push(ms);
    }
  const bare = median(measured.get('none')!);
  for (const [isolation, values] of measured) {
    const ms = median(values);
    rows.push([`${name} ${isolation}`, ...[ms, ms - bare, ms / bare].map(shortNumber)]);
  }
}
for (const line of tableLines(['files', 'ms per file', 'more', 'ratio'], rows)) console.log(line);
await Promise.all(callers.map(async ({ pool }) => pool?.close({})));
if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
