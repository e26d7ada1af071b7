import { describe, expect, it } from 'vitest';
import { DecoratorUsageError, NonRetriableError } from '../../src/errors.js';
import { silentLogger } from '../../src/logger.js';
import { FileProcessing } from '../../src/processing/file-processing.js';
import type { FileSettled } from '../../src/processing/file-work.js';
import type { ProcessorContext } from '../../src/processing/processor-context.js';
import { definition, failureOf, fileReady, harness, valuesOf } from './fixtures.js';

const kinds = (settled: readonly FileSettled[]) =>
  settled.map(({ workId, outcome }) => [workId, outcome.kind]);

describe('the call of the method', () => {
  it('gets the file, the context and its own instance', async () => {
    class PeakFinder {
      prefix = 'peaks of ';
      findPeaks(file: { path: string; text(): string; size: number }) {
        return `${this.prefix}${file.path}: ${file.text()} (${file.size})`;
      }
    }
    const settled: FileSettled[] = [];
    await new Promise<void>(resolve => {
      const processing = new FileProcessing({
        definition: definition(),
        instance: new PeakFinder(),
        options: { consumeTopic: 'in', produceTopic: 'out', concurrency: 1, attempts: 1, backoffMs: 1 },
        logger: silentLogger(),
        onSettled: each => {
          settled.push(each);
          resolve();
        },
      });
      processing.submit(fileReady(1, 'a/b.txt', 'hi'));
    });
    expect(valuesOf(settled[0]!.outcome)).toEqual(['peaks of a/b.txt: hi (2)']);
  });

  it('refuses an instance without the method', () => {
    const create = () =>
      new FileProcessing({
        definition: definition(),
        instance: { findPeaks: 7 },
        options: { consumeTopic: 'in', produceTopic: 'out', concurrency: 1, attempts: 1, backoffMs: 1 },
        logger: silentLogger(),
        onSettled: () => undefined,
      });
    expect(create).toThrow(
      new DecoratorUsageError(
        'PeakFinder.findPeaks: expected the @Processor method on the instance, found a number; ' +
          'does a property or the constructor replace it?',
      ),
    );
  });

  it('never happens inside submit, so that a class that never waits starves nobody', async () => {
    let calls = 0;
    const { processing, clock, settled } = harness(() => String(++calls));
    for (const workId of [1, 2, 3]) processing.submit(fileReady(workId));
    expect(calls).toBe(0);
    await clock.runAll();
    expect(kinds(settled)).toEqual([
      [1, 'done'],
      [2, 'done'],
      [3, 'done'],
    ]);
  });

  it('starts files in order, as many at a time as concurrency says', async () => {
    const order: string[] = [];
    const { processing, clock } = harness(
      async file => {
        order.push(`+${file.filename}`);
        await clock.sleep(10);
        order.push(`-${file.filename}`);
        return 'x';
      },
      { worker: { concurrency: 2 } },
    );
    for (const workId of [1, 2, 3]) processing.submit(fileReady(workId));
    await clock.runAll();
    expect(order).toEqual(['+f1.txt', '+f2.txt', '-f1.txt', '+f3.txt', '-f2.txt', '-f3.txt']);
  });

  it('never happens for two files of one path at a time', async () => {
    let running = 0;
    const { processing, clock, settled } = harness(
      async () => {
        running += 1;
        expect(running).toBe(1);
        await clock.sleep(10);
        running -= 1;
        return 'x';
      },
      { worker: { concurrency: 5 } },
    );
    for (const workId of [1, 2, 3]) processing.submit(fileReady(workId, 'same.txt', String(workId)));
    await clock.runAll();
    expect(kinds(settled)).toEqual([
      [1, 'done'],
      [2, 'done'],
      [3, 'done'],
    ]);
  });

  it('reports calls and the time from the first start to the last end', async () => {
    const { processing, clock, settled } = harness(async (_, { attempt }) => {
      await clock.sleep(5);
      if (attempt < 3) throw new Error('not yet');
      return 'x';
    });
    await clock.advance(100);
    processing.submit(fileReady(1));
    await clock.runAll();
    expect(settled).toMatchObject([{ attempts: 3, processingMs: 5 + 1000 + 5 + 2000 + 5 }]);
  });

  it('ignores a work id that is being worked on already', async () => {
    const { processing, clock, settled, errors } = harness(() => 'x');
    processing.submit(fileReady(1, 'a.txt'));
    processing.submit(fileReady(1, 'b.txt'));
    await clock.runAll();
    expect(settled).toHaveLength(1);
    expect(errors()).toEqual(['file b.txt was submitted twice under work id 1; the second one is ignored']);
  });

  it('goes on when the outcome cannot be handed over', async () => {
    const { processing, clock, settled, errors } = harness(() => 'x', {
      onSettled: ({ workId }) => {
        if (workId === 1) throw new Error('closed');
      },
    });
    processing.submit(fileReady(1));
    processing.submit(fileReady(2));
    await clock.runAll();
    expect(kinds(settled)).toEqual([
      [1, 'done'],
      [2, 'done'],
    ]);
    expect(errors()).toEqual(['the outcome of dir/f1.txt could not be handed over']);
  });
});

describe('a method that throws', () => {
  it('is tried again with backoff, then the file fails with what was thrown last', async () => {
    const startsMs: number[] = [];
    const { processing, clock, settled, warnings } = harness((_, { attempt }) => {
      startsMs.push(clock.now());
      throw Object.assign(new TypeError(`no peaks in attempt ${attempt}`), { code: 'E_PEAKS' });
    });
    processing.submit(fileReady(1, 'a/b.txt'));
    await clock.runAll();
    expect(startsMs).toEqual([0, 1000, 3000]);
    expect(settled).toMatchObject([
      {
        attempts: 3,
        outcome: {
          kind: 'failed',
          reason: 'threw',
          error: { name: 'TypeError', message: 'no peaks in attempt 3', code: 'E_PEAKS' },
        },
      },
    ]);
    expect(warnings()).toEqual([
      'PeakFinder.findPeaks failed for a/b.txt (attempt 1 of 3, next try in 1s): TypeError: no peaks in attempt 1',
      'PeakFinder.findPeaks failed for a/b.txt (attempt 2 of 3, next try in 2s): TypeError: no peaks in attempt 2',
    ]);
  });

  it('lets other files go on during the backoff, and then takes its old place', async () => {
    const order: string[] = [];
    const { processing, clock, backOffs } = harness(async ({ filename }, { attempt }) => {
      order.push(`${filename} ${attempt}`);
      await clock.sleep(600);
      if (filename === 'f1.txt' && attempt === 1) throw new Error('once');
      return 'x';
    });
    for (const workId of [1, 2, 3, 4, 5]) processing.submit(fileReady(workId));
    await clock.runAll();
    expect(order).toEqual(['f1.txt 1', 'f2.txt 1', 'f3.txt 1', 'f1.txt 2', 'f4.txt 1', 'f5.txt 1']);
    expect(backOffs).toEqual(['1 waits', '1 goes on']);
  });

  it.each<[string, () => unknown]>([
    ['a NonRetriableError', () => new NonRetriableError('hopeless')],
    [
      'an error that says it is not retriable',
      () => Object.assign(new Error('hopeless'), { retriable: false }),
    ],
  ])('is not tried again after %s', async (_, thrown) => {
    const { processing, clock, settled, warnings } = harness(() => {
      throw thrown();
    });
    processing.submit(fileReady(1));
    await clock.runAll();
    expect(settled).toMatchObject([
      { attempts: 1, outcome: { reason: 'threw', error: { message: 'hopeless' } } },
    ]);
    expect(warnings()).toEqual([]);
  });

  it('may throw anything', async () => {
    const { processing, clock, outcomeOf } = harness(
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- that is the point
        throw null;
      },
      { worker: { attempts: 1 } },
    );
    processing.submit(fileReady(1));
    await clock.runAll();
    expect(failureOf(outcomeOf(1))).toBe('threw: threw something that is no Error: null');
  });

  it('sees the same bytes and result id in each attempt', async () => {
    const seen: string[] = [];
    const { processing, clock } = harness((file, { resultId }) => {
      seen.push(`${resultId} ${file.text()}`);
      throw new Error('again');
    });
    processing.submit(fileReady(1, 'a', 'content'));
    await clock.runAll();
    expect(seen).toEqual(['id1 content', 'id1 content', 'id1 content']);
  });
});

describe('exclusive', () => {
  it('true runs one call at a time, whatever concurrency says', async () => {
    let running = 0;
    const { processing, clock, settled } = harness(
      async () => {
        running += 1;
        expect(running).toBe(1);
        await clock.sleep(10);
        running -= 1;
        return 'x';
      },
      { processor: { exclusive: true }, worker: { concurrency: 3 } },
    );
    for (const workId of [1, 2, 3]) processing.submit(fileReady(workId));
    await clock.runAll();
    expect(kinds(settled)).toEqual([
      [1, 'done'],
      [2, 'done'],
      [3, 'done'],
    ]);
    expect(clock.now()).toBe(30);
  });

  it("true holds the class's lock, so that other code of the class waits", async () => {
    const order: string[] = [];
    const { processing, clock } = harness(
      async () => {
        order.push('call');
        await clock.sleep(10);
        order.push('end');
        return 'x';
      },
      { processor: { exclusive: true } },
    );
    const hook = processing.lock.runExclusive(async () => {
      order.push('hook');
      await clock.sleep(50);
    });
    processing.submit(fileReady(1));
    const afterwards = processing.lock.runExclusive(() => order.push('second hook'));
    await clock.runAll();
    await Promise.all([hook, afterwards]);
    expect(order).toEqual(['hook', 'second hook', 'call', 'end']);
  });

  it('true refuses the lock to the method, which would wait for itself', async () => {
    const { processing, clock, settled } = harness(
      async (_, { lock }) => {
        await Promise.resolve();
        return lock.runExclusive(() => 'never');
      },
      { processor: { exclusive: true } },
    );
    processing.submit(fileReady(1));
    await clock.runAll();
    expect(settled).toMatchObject([{ attempts: 1, outcome: { error: { code: 'ERR_ILLEGAL_STATE' } } }]);
  });

  it('by key runs one call per key, and other keys go past those that wait', async () => {
    const order: string[] = [];
    const { processing, clock } = harness(
      async ({ path }) => {
        order.push(path);
        await clock.sleep(10);
        return 'x';
      },
      { processor: { exclusive: file => file.subdirectory }, worker: { concurrency: 2 } },
    );
    for (const [index, path] of ['a/1', 'a/2', 'a/3', 'b/1', 'b/2'].entries())
      processing.submit(fileReady(index, path));
    await clock.settle();
    expect(order).toEqual(['a/1', 'b/1']);
    await clock.runAll();
    expect(order).toEqual(['a/1', 'b/1', 'a/2', 'b/2', 'a/3']);
  });

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('no sample number');
      },
      'no sample number',
    ],
    ['returns a number', () => 7, 'it returned a value of type number'],
    ['is asynchronous', () => Promise.reject(new Error('x')), 'it returned a promise'],
  ])('fails the file without a call when its function %s', async (_, exclusive, why) => {
    const { processing, clock, settled } = harness(() => 'x', {
      processor: { exclusive: exclusive as () => string },
    });
    processing.submit(fileReady(1, 'a.txt'));
    expect(settled).toEqual([]);
    await clock.runAll();
    expect(settled).toMatchObject([{ attempts: 0, processingMs: 0 }]);
    expect(failureOf(settled[0]!.outcome)).toBe(
      'threw: PeakFinder.findPeaks: the function given as exclusive must return a string as key, and did not for a.txt ' +
        `(caused by ${why})`,
    );
  });
});

describe('the context', () => {
  const contextOf = async (use: (context: ProcessorContext) => unknown, worker = {}) => {
    const run = harness((_, context) => use(context), { worker: { attempts: 1, ...worker } });
    run.processing.submit(fileReady(1, 'a/b.txt'));
    await run.clock.runAll();
    return run;
  };

  it("logs with the file's path and offsets", async () => {
    const { lines } = await contextOf(({ log }) => {
      log.info('found 3 peaks');
      return 'x';
    });
    expect(lines).toContainEqual({
      level: 30,
      file: 'a/b.txt',
      offsets: '0:12-15,1:7-9',
      msg: 'found 3 peaks',
    });
  });

  it('reports progress a few times a second, the first and the last value always', async () => {
    const run = harness(async (_, { progress }) => {
      for (let step = 0; step <= 100; step += 1) {
        progress(step / 100);
        await run.clock.sleep(10);
      }
      return 'x';
    });
    run.processing.submit(fileReady(1));
    await run.clock.runAll();
    expect(run.progress.map(({ fraction }) => fraction)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(run.progress[0]).toEqual({ workId: 1, attempt: 1, fraction: 0 });
  });

  it('forgives rounding errors of progress', async () => {
    const { progress } = await contextOf(context => {
      context.progress(1.0000000000000002);
      return 'x';
    });
    expect(progress).toEqual([{ workId: 1, attempt: 1, fraction: 1 }]);
  });

  it.each([50, -0.1, NaN, '1'])('refuses progress(%j)', async fraction => {
    const { outcomeOf } = await contextOf(context => context.progress(fraction as number));
    expect(failureOf(outcomeOf(1))).toBe(
      `threw: context.progress(fraction): expected a number from 0 to 1, found ${fraction}; divide what is done by what there is to do`,
    );
  });

  it('shares one lock between all calls, which go on one after another', async () => {
    let inside = 0;
    const run = harness(
      async (_, { lock }) =>
        lock.runExclusive(async () => {
          inside += 1;
          expect(inside).toBe(1);
          await run.clock.sleep(10);
          inside -= 1;
          return 'x';
        }),
      { worker: { concurrency: 3 } },
    );
    for (const workId of [1, 2, 3]) run.processing.submit(fileReady(workId));
    await run.clock.runAll();
    expect(kinds(run.settled)).toEqual([
      [1, 'done'],
      [2, 'done'],
      [3, 'done'],
    ]);
  });

  it("gives up a wait for the lock when the caller's own signal is aborted", async () => {
    const abort = new AbortController();
    const { processing, clock, settled } = harness(
      async (_, { lock }) => lock.runExclusive(() => 'x', { signal: abort.signal }),
      { worker: { attempts: 1 } },
    );
    void processing.lock.runExclusive(() => clock.sleep(1000));
    processing.submit(fileReady(1));
    clock.after(10, () => abort.abort(new Error('own reason')));
    await clock.advance(20);
    expect(failureOf(settled[0]!.outcome)).toBe('threw: own reason');
  });
});
