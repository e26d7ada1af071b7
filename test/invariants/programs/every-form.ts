import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import {
  NonRetriableError,
  Processor,
  Reproducer,
  ResultMessage,
  runReproducer,
  type DataFile,
  type ProcessorContext,
  type ProcessorReturn,
} from 'kafka-reproducer';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** For each file the method of its name: everything that a method can get, use, return and throw. */
const forms: Readonly<Record<string, (file: DataFile, context: ProcessorContext) => unknown>> = {
  text: file => file.text('latin1'),
  bytes: file => file.bytes,
  fields: ({ path, filename, subdirectory, size, sha512, chunkCount, source, modifiedAt }) => ({
    ...{ path, filename, subdirectory, size, sha512, chunkCount },
    partitions: source.partitions,
    modifiedAt: modifiedAt?.toISOString(),
  }),
  stream: async file => {
    const hash = createHash('sha256');
    for await (const piece of file.stream()) hash.update(piece as Buffer);
    return hash.digest('hex');
  },
  local: file => sha256(readFileSync(file.localPath!)),
  many: () => [
    new ResultMessage({ value: { peaks: 3 }, key: 'k', headers: { instrument: 'xrd-2' }, timestamp: 1e12 }),
    new ResultMessage({ value: null, key: Buffer.from([0, 255]) }),
    new ResultMessage({ value: 'without a key', key: null }),
    new Date(0),
    [1, 2],
  ],
  large: () => ['x'.repeat(300_000), Buffer.alloc(200_000, 7)],
  generator: async function* () {
    for (const peak of [1, 2, 3]) {
      await new Promise(setImmediate);
      yield { peak };
    }
  },
  skip: (_, { skip }) => skip('no peaks'),
  log: (_, { log, attempt, resultId }) => {
    log.info({ peaks: 3, level: 3.5 }, 'found some');
    log.child({ part: 'two' }).warn({ err: new RangeError('too few') }, 'and fewer');
    return { attempt, resultId };
  },
  retry: (_, { attempt }) => {
    if (attempt === 1) throw new Error('not yet');
    return { attempt };
  },
  hopeless: () => {
    throw new NonRetriableError('no header');
  },
  cause: () => {
    const cause = new AggregateError([new RangeError('one'), new RangeError('two')], 'inner');
    throw Object.assign(new TypeError('outer', { cause }), { code: 'E_OUTER' });
  },
  thrown: () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- a method may
    throw { no: 'error' };
  },
  function: () => () => 1,
  map: () => [1, new Map()],
  class: file => file,
  nothing: () => undefined,
  forgotten: (_, { skip }) => void skip('forgot to return it'),
  locks: (_, { lock }) => lock.runExclusive(() => lock.runExclusive(() => 1)),
  progress: (_, { progress }) => {
    progress(0.5);
    progress(2);
  },
  signal: async (_, { signal, log }) => {
    await new Promise(resolve => signal.addEventListener('abort', resolve));
    log.info({ name: (signal.reason as Error).name }, (signal.reason as Error).message);
    throw signal.reason;
  },
};

@Reproducer()
export class EveryForm {
  @Processor({ attempts: 2, backoffMs: 1 })
  run(file: DataFile, context: ProcessorContext): ProcessorReturn | Promise<ProcessorReturn> {
    console.log(isMainThread ? `main thread of ${process.pid}` : 'thread');
    return forms[file.filename.replace('.dat', '')]!(file, context) as ProcessorReturn;
  }
}

await runReproducer(EveryForm, import.meta);
