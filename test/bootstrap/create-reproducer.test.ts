import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Processor, Reproducer } from '../../decorators/index.js';
import { createReproducer } from '../../src/bootstrap/create-reproducer.js';
import { EmbeddedKafka } from '../../src/embedded-kafka/index.js';
import { ConfigError, DecoratorUsageError } from '../../src/errors.js';
import { silentLogger } from '../../src/logger.js';
import type { DataFile } from '../../src/processing/data-file.js';
import { topicsWith } from '../cli/topics-with-files.js';
import { waitUntil } from '../kafka-driver/wait-until.js';

@Reproducer()
class PeakFinder {
  constructor(private readonly unit = 'mm') {}

  @Processor()
  findPeaks(file: DataFile) {
    return { path: file.path, unit: this.unit };
  }
}

/** Its constructor cannot be called without arguments. */
@Reproducer()
class NeedsUnit extends PeakFinder {
  constructor(units: readonly string[]) {
    super(units.join('/'));
  }
}

const quiet = { env: {}, logger: silentLogger(), hosting: 'inline', tables: 'none' } as const;

describe('createReproducer', () => {
  let kafka: EmbeddedKafka;
  beforeAll(async () => {
    kafka = await EmbeddedKafka.start();
  });
  afterAll(() => kafka.stop());

  it('runs a class within a program until nothing is left to do', async () => {
    const { flags, values } = await topicsWith(kafka, ['a.xy', 'b.xy']);
    const worker = createReproducer(NeedsUnit, {
      ...quiet,
      argv: flags,
      limit: 2,
      create: () => Promise.resolve(new NeedsUnit(['cm', 's'])),
    });
    const done: string[] = [];
    worker.on('file-done', ({ file }) => done.push(file.path));
    await worker.start();
    const summary = await worker.ended;
    expect(summary).toMatchObject({ outcome: 'limit', exitCode: 0, name: 'NeedsUnit', messages: 2 });
    expect(worker.summary()).toEqual(summary);
    expect(worker.state).toBe('stopped');
    expect(done.sort()).toEqual(['a.xy', 'b.xy']);
    expect(values()).toContainEqual({ path: 'a.xy', unit: 'cm/s' });
  });

  it('stops when the program says so, and a new one goes on where it was', async () => {
    const { flags, values } = await topicsWith(kafka, ['a.xy']);
    const first = createReproducer(PeakFinder, { ...quiet, argv: flags });
    const isDone = new Promise<void>(resolve => first.on('file-done', () => resolve()));
    await first.start();
    await isDone;
    expect(await first.stop()).toMatchObject({ outcome: 'stopped', files: { done: 1 } });
    const second = createReproducer(PeakFinder, { ...quiet, argv: flags, untilIdle: '50ms' });
    await second.start();
    expect(await second.ended).toMatchObject({ outcome: 'idle', files: { done: 0 } });
    expect(values()).toHaveLength(1);
  });

  it('that starts from the latest commits where that is at once, so that nothing is missed that comes while it is away', async () => {
    const { flags, group } = await topicsWith(kafka, ['old.xy']);
    const worker = createReproducer(PeakFinder, { ...quiet, argv: [...flags, '--start-from', 'latest'] });
    await worker.start();
    const topic = flags[flags.indexOf('--consume-topic') + 1]!;
    await waitUntil(() => kafka.committedOffsets(group).length === 2);
    const committed = kafka.committedOffsets(group).map(({ partition, offset }) => [partition, offset]);
    expect(committed.sort()).toEqual(
      [0, 1].map(partition => [partition, kafka.offsets(topic, partition).end]),
    );
    expect(await worker.stop()).toMatchObject({ files: { done: 0 } });
  });
});

describe('a class that cannot be made', () => {
  it('says that its constructor needs create', async () => {
    const worker = createReproducer(NeedsUnit, quiet);
    await expect(worker.start()).rejects.toThrow(
      new DecoratorUsageError(
        'NeedsUnit: the constructor needs an argument; give create in the options, as in { create: () => new NeedsUnit(…) }',
      ),
    );
    expect(worker.state).toBe('failed');
  });

  it('says so of a class that has the constructor of its base', async () => {
    class Derived extends NeedsUnit {}
    class Forwards extends NeedsUnit {
      constructor() {
        // What compilers write for a class with initial values.
        // eslint-disable-next-line prefer-rest-params -- as they do
        super(...(arguments as unknown as [string[]]));
      }
    }
    for (const target of [Derived, Forwards])
      await expect(createReproducer(target, quiet).start()).rejects.toThrow(
        `${target.name}: the constructor needs an argument; give create in the options`,
      );
  });

  it('is told of with the mistakes of its decorators', async () => {
    @Reproducer('no topic')
    class Misused {
      constructor(readonly unit: string) {}
      @Processor() read(): void {}
    }
    await expect(createReproducer(Misused, quiet).start()).rejects.toMatchObject({
      problems: [
        expect.stringMatching(/^Misused: @Reproducer consumeTopic: /),
        expect.stringMatching(/^Misused: the constructor needs an argument; /),
      ],
    });
  });

  it('says what create returned instead', async () => {
    const create = () => ({ unit: 'mm' }) as unknown as PeakFinder;
    await expect(createReproducer(PeakFinder, { ...quiet, create }).start()).rejects.toThrow(
      'PeakFinder: create must return an instance of PeakFinder, found a Object; write create: () => new PeakFinder(…)',
    );
  });

  it('says that it is no class', async () => {
    const notAClass = new PeakFinder() as unknown as typeof PeakFinder;
    await expect(createReproducer(notAClass, quiet).start()).rejects.toThrow(
      'expected a class, found a PeakFinder: pass the class itself, as in runReproducer(PeakFinder, import.meta)',
    );
  });

  it('tells all mistakes of the options at once', async () => {
    const worker = createReproducer(PeakFinder, { ...quiet, limit: 0, consumeTopic: 'a/b' });
    await expect(worker.start()).rejects.toThrow(ConfigError);
    expect(await worker.ended).toMatchObject({ outcome: 'not-run', exitCode: 2 });
  });
});
