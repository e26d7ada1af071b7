import { describe, expect, it } from 'vitest';
import type { DataFile } from '../../src/processing/data-file.js';
import type { ProcessorContext } from '../../src/processing/processor-context.js';
import { failureOf, fileReady, harness } from './fixtures.js';

/** Rejects with the signal's reason, as fetch and streams do. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is an Error
    signal.addEventListener('abort', () => reject(signal.reason));
  });

describe('the time limit', () => {
  it('aborts the signal with an error that names method, file and limit, and counts as a failed attempt', async () => {
    const reasons: unknown[] = [];
    const { processing, clock, settled, warnings } = harness(
      async (_, { signal, attempt }) => {
        if (attempt === 2) return 'x';
        try {
          return await untilAborted(signal);
        } catch (error) {
          reasons.push(error);
          throw error;
        }
      },
      { worker: { timeoutMs: 30_000 } },
    );
    processing.submit(fileReady(1, 'a/b.txt'));
    await clock.runAll();
    const message = 'PeakFinder.findPeaks did not finish a/b.txt within 30s';
    expect(reasons).toMatchObject([{ name: 'ProcessorTimeoutError', message }]);
    expect(settled).toMatchObject([{ attempts: 2, processingMs: 31_000, outcome: { kind: 'done' } }]);
    expect(warnings()).toEqual([
      `PeakFinder.findPeaks failed for a/b.txt (attempt 1 of 3, next try in 1s): ProcessorTimeoutError: ${message}`,
    ]);
    expect(clock.timerCount).toBe(0);
  });

  it('fails the file after the last attempt', async () => {
    const { processing, clock, settled } = harness((_, { signal }) => untilAborted(signal), {
      worker: { timeoutMs: 100, attempts: 2 },
    });
    processing.submit(fileReady(1, 'a/b.txt'));
    await clock.runAll();
    expect(settled).toEqual([
      {
        workId: 1,
        attempts: 2,
        processingMs: 1200,
        outcome: {
          kind: 'failed',
          reason: 'timed-out',
          error: {
            name: 'ProcessorTimeoutError',
            message: 'PeakFinder.findPeaks did not finish a/b.txt within 100ms',
            code: 'ERR_PROCESSOR_TIMEOUT',
          },
        },
      },
    ]);
  });

  it('counts a result that comes too late as timed out', async () => {
    const { processing, clock, outcomeOf } = harness(
      async () => {
        await clock.sleep(150);
        return 'late';
      },
      { worker: { timeoutMs: 100, attempts: 1 } },
    );
    processing.submit(fileReady(1, 'a.txt'));
    await clock.runAll();
    expect(failureOf(outcomeOf(1))).toBe('timed-out: PeakFinder.findPeaks did not finish a.txt within 100ms');
  });

  it('ends the reading of a generator between two items', async () => {
    let hasCleanedUp = false;
    const { processing, clock, outcomeOf } = harness(
      async function* () {
        try {
          for (;;) {
            yield 'row';
            await clock.sleep(30);
          }
        } finally {
          hasCleanedUp = true;
        }
      },
      { worker: { timeoutMs: 100, attempts: 1 } },
    );
    processing.submit(fileReady(1));
    await clock.advance(150);
    expect(outcomeOf(1)).toMatchObject({ reason: 'timed-out' });
    expect(hasCleanedUp).toBe(true);
  });

  it('ends a wait for the lock', async () => {
    const { processing, clock, outcomeOf } = harness((_, { lock }) => lock.runExclusive(() => 'x'), {
      worker: { timeoutMs: 100, attempts: 1 },
    });
    void processing.lock.runExclusive(() => clock.sleep(1000));
    processing.submit(fileReady(1));
    await clock.advance(100);
    expect(outcomeOf(1)).toMatchObject({ reason: 'timed-out' });
  });

  it('does not count the wait for the lock of an exclusive method', async () => {
    const { processing, clock, settled } = harness(() => clock.sleep(90).then(() => 'x'), {
      processor: { exclusive: true },
      worker: { timeoutMs: 100 },
    });
    void processing.lock.runExclusive(() => clock.sleep(1000));
    processing.submit(fileReady(1));
    await clock.runAll();
    expect(settled).toMatchObject([{ attempts: 1, processingMs: 90, outcome: { kind: 'done' } }]);
  });
});

describe('a method that ignores its signal', () => {
  const hanging =
    (endsAfterMs: number, clockOf: () => { sleep(ms: number): Promise<void> }) => async (file: DataFile) => {
      if (file.filename === 'stuck.txt') await clockOf().sleep(endsAfterMs);
      return 'x';
    };

  it('is waited for before the next attempt, which never runs beside it', async () => {
    const order: string[] = [];
    const { processing, clock, settled, warnings } = harness(
      async (_, { attempt }) => {
        order.push(`+${attempt}`);
        if (attempt === 1) await clock.sleep(4000);
        order.push(`-${attempt}`);
        return 'x';
      },
      { worker: { timeoutMs: 100 } },
    );
    processing.submit(fileReady(1, 'stuck.txt'));
    await clock.runAll();
    expect(order).toEqual(['+1', '-1', '+2', '-2']);
    expect(settled).toMatchObject([{ attempts: 2, outcome: { kind: 'done' } }]);
    expect(warnings()[0]).toBe(
      'PeakFinder.findPeaks was told to stop its work on stuck.txt and goes on: it ignores context.signal. ' +
        'Its place stays taken for at most 4s more',
    );
  });

  it('is abandoned after the grace: its file fails for good and its place goes to the next', async () => {
    const run = harness(
      hanging(60_000, () => run.clock),
      { worker: { timeoutMs: 100, attempts: 3 } },
    );
    const { processing, clock, settled, outcomeOf, errors, warnings } = run;
    processing.submit(fileReady(1, 'stuck.txt'));
    processing.submit(fileReady(2, 'next.txt'));
    await clock.advance(5099);
    expect(settled).toEqual([]);
    await clock.advance(1);
    expect(settled).toMatchObject([
      { workId: 1, attempts: 1, outcome: { kind: 'failed', reason: 'timed-out' } },
      { workId: 2, outcome: { kind: 'done' } },
    ]);
    expect(errors()).toEqual([
      'PeakFinder.findPeaks still works on stuck.txt 5s after it was told to stop: it ignores context.signal. ' +
        'It is not waited for any longer: the next files run beside it, exclusive ones too',
    ]);
    await processing.drain();
    await clock.runAll();
    expect(settled).toHaveLength(2);
    expect(failureOf(outcomeOf(1))).toBe(
      'timed-out: PeakFinder.findPeaks did not finish stuck.txt within 100ms',
    );
    expect(warnings().at(-1)).toBe(
      'PeakFinder.findPeaks ended its abandoned work on stuck.txt; its result is ignored',
    );
  });

  it('gets a grace as long as the limit where that is more than 5 s', async () => {
    const run = harness(
      hanging(1e9, () => run.clock),
      { worker: { timeoutMs: 20_000 } },
    );
    run.processing.submit(fileReady(1, 'stuck.txt'));
    await run.clock.advance(39_999);
    expect(run.settled).toEqual([]);
    await run.clock.advance(1);
    expect(run.settled).toHaveLength(1);
  });

  it("loses the class's lock when it is abandoned", async () => {
    const run = harness(
      hanging(1e9, () => run.clock),
      {
        processor: { exclusive: true },
        worker: { timeoutMs: 100, concurrency: 2 },
      },
    );
    run.processing.submit(fileReady(1, 'stuck.txt'));
    run.processing.submit(fileReady(2, 'next.txt'));
    await run.clock.advance(5100);
    expect(run.outcomeOf(2)).toMatchObject({ kind: 'done' });
  });

  it('cannot report progress or take the lock any more, and what it throws at last harms nobody', async () => {
    const late: unknown[] = [];
    const { processing, clock, settled, progress } = harness(
      async (_, context) => {
        await clock.sleep(10_000);
        context.progress(0.5);
        await context.lock
          .runExclusive(() => late.push('inside'))
          .catch((error: unknown) => late.push(error));
        throw new Error('nobody waits');
      },
      { worker: { timeoutMs: 100 } },
    );
    processing.submit(fileReady(1, 'a.txt'));
    await clock.runAll();
    expect(late).toMatchObject([{ name: 'ProcessorTimeoutError' }]);
    expect(progress).toEqual([]);
    expect(settled).toHaveLength(1);
  });
});

describe('discard', () => {
  const slow = async (_: DataFile, { signal }: ProcessorContext) => untilAborted(signal);

  it('settles files that do not run at once, without a call', () => {
    const { processing, settled } = harness(() => 'x');
    processing.submit(fileReady(1));
    processing.submit(fileReady(2));
    processing.discard([2, 1, 99], 'partition-lost');
    expect(settled).toEqual([
      { workId: 2, outcome: { kind: 'discarded' }, attempts: 0, processingMs: 0 },
      { workId: 1, outcome: { kind: 'discarded' }, attempts: 0, processingMs: 0 },
    ]);
  });

  it.each<['stopped' | 'partition-lost', string]>([
    ['stopped', 'the worker stops and does not wait for it'],
    [
      'partition-lost',
      'its partition was taken from this worker; the one that has it now processes the file',
    ],
  ])('aborts running methods, saying why: %s', async (reason, why) => {
    const reasons: unknown[] = [];
    const { processing, clock, settled } = harness(async (_, { signal }) => {
      await untilAborted(signal).catch((error: unknown) => reasons.push(error));
      return 'a result nobody wants';
    });
    processing.submit(fileReady(1, 'a.txt'));
    await clock.advance(10);
    processing.discard([1], reason);
    await clock.runAll();
    expect(reasons).toMatchObject([
      {
        name: 'FileDiscardedError',
        message: `PeakFinder.findPeaks: the result of a.txt is no longer wanted: ${why}`,
      },
    ]);
    expect(settled).toEqual([{ workId: 1, outcome: { kind: 'discarded' }, attempts: 1, processingMs: 10 }]);
  });

  it('keeps the place of a running method until it ends', async () => {
    const order: string[] = [];
    const { processing, clock, warnings } = harness(async ({ filename }) => {
      order.push(`+${filename}`);
      await clock.sleep(5000);
      order.push(`-${filename}`);
      return 'x';
    });
    processing.submit(fileReady(1));
    processing.submit(fileReady(2));
    await clock.advance(10);
    processing.discard([1], 'partition-lost');
    await clock.runAll();
    expect(order).toEqual(['+f1.txt', '-f1.txt', '+f2.txt', '-f2.txt']);
    expect(warnings()).toEqual([
      'PeakFinder.findPeaks was told to stop its work on dir/f1.txt and goes on: it ignores context.signal. ' +
        'Its place stays taken until it ends',
    ]);
  });

  it('abandons a method with a time limit that does not end within the grace', async () => {
    const { processing, clock, settled } = harness(() => clock.sleep(1e9), { worker: { timeoutMs: 6000 } });
    processing.submit(fileReady(1));
    await clock.advance(3000);
    processing.discard([1], 'stopped');
    await clock.advance(5999);
    expect(settled).toEqual([]);
    await clock.advance(1);
    expect(settled).toMatchObject([{ outcome: { kind: 'discarded' }, attempts: 1 }]);
  });

  it('wins over a time limit that was hit before', async () => {
    const { processing, clock, settled } = harness(() => clock.sleep(2000), { worker: { timeoutMs: 100 } });
    processing.submit(fileReady(1));
    await clock.advance(500);
    processing.discard([1], 'stopped');
    await clock.runAll();
    expect(settled).toMatchObject([{ outcome: { kind: 'discarded' }, attempts: 1 }]);
  });

  it('does not lengthen the grace of a method that was told to stop before', async () => {
    const { processing, clock, settled } = harness(() => clock.sleep(1e9), { worker: { timeoutMs: 100 } });
    processing.submit(fileReady(1));
    await clock.advance(3000);
    processing.discard([1], 'stopped');
    await clock.advance(2099);
    expect(settled).toEqual([]);
    await clock.advance(1);
    expect(settled).toMatchObject([{ outcome: { kind: 'discarded' }, attempts: 1 }]);
  });

  it('ends a backoff', async () => {
    let calls = 0;
    const { processing, clock, settled } = harness(() => {
      calls += 1;
      throw new Error('x');
    });
    processing.submit(fileReady(1));
    await clock.advance(500);
    processing.discard([1], 'stopped');
    expect(settled).toEqual([{ workId: 1, outcome: { kind: 'discarded' }, attempts: 1, processingMs: 0 }]);
    expect(clock.timerCount).toBe(0);
    await clock.runAll();
    expect(calls).toBe(1);
  });

  it('lets the next file of the same path go', async () => {
    const { processing, clock, outcomeOf } = harness(({ bytes }) => {
      if (bytes.toString() === 'old') throw new Error('x');
      return 'x';
    });
    processing.submit(fileReady(1, 'a.txt', 'old'));
    processing.submit(fileReady(2, 'a.txt', 'new'));
    await clock.advance(500);
    expect(outcomeOf(2)).toBeUndefined();
    processing.discard([1], 'stopped');
    await clock.settle();
    expect(outcomeOf(2)).toMatchObject({ kind: 'done' });
  });

  it('of an exclusive file that waits for the lock makes no call', async () => {
    let calls = 0;
    const { processing, clock, settled } = harness(() => String(++calls), { processor: { exclusive: true } });
    void processing.lock.runExclusive(() => clock.sleep(1000));
    processing.submit(fileReady(1));
    await clock.advance(10);
    processing.discard([1], 'stopped');
    await clock.runAll();
    expect(calls).toBe(0);
    expect(settled).toMatchObject([{ attempts: 0, outcome: { kind: 'discarded' } }]);
  });

  it('counts when it comes right after the method ended', async () => {
    // Both methods end in one turn; the outcome of file 1 discards file 2 before that one has been looked at.
    let end!: () => void;
    const ended = new Promise<void>(resolve => (end = resolve));
    const { processing, clock, settled } = harness(() => ended.then(() => 'x'), {
      worker: { concurrency: 2 },
      onSettled: ({ workId }) => {
        if (workId === 1) processing.discard([2], 'stopped');
      },
    });
    processing.submit(fileReady(1));
    processing.submit(fileReady(2));
    await clock.settle();
    end();
    await clock.runAll();
    expect(settled).toMatchObject([
      { workId: 1, outcome: { kind: 'done' } },
      { workId: 2, outcome: { kind: 'discarded' }, attempts: 1 },
    ]);
  });

  it('makes no call when it comes right after the lock was granted', async () => {
    let calls = 0;
    const { processing, clock, settled } = harness(() => String(++calls), { processor: { exclusive: true } });
    processing.submit(fileReady(1));
    clock.defer(() => processing.discard([1], 'stopped'));
    await clock.runAll();
    expect(calls).toBe(0);
    expect(settled).toMatchObject([{ attempts: 0, outcome: { kind: 'discarded' } }]);
    await expect(processing.lock.runExclusive(() => 'free')).resolves.toBe('free');
  });

  it('of a file that is about to fail gives it one outcome', async () => {
    const { processing, clock, settled } = harness(() => 'x', {
      processor: {
        exclusive: () => {
          throw new Error('no key');
        },
      },
    });
    processing.submit(fileReady(1));
    processing.discard([1], 'stopped');
    await clock.runAll();
    expect(settled).toMatchObject([{ workId: 1, outcome: { kind: 'discarded' } }]);
  });

  it('of what is queued leaves running methods alone', async () => {
    const { processing, clock, settled } = harness(async () => {
      await clock.sleep(10);
      return 'x';
    });
    processing.submit(fileReady(1));
    processing.submit(fileReady(2));
    await clock.settle();
    processing.discardQueued();
    expect(settled).toMatchObject([{ workId: 2, outcome: { kind: 'discarded' } }]);
    await clock.runAll();
    expect(settled[1]).toMatchObject({ workId: 1, outcome: { kind: 'done' } });
  });

  it('of everything leaves files that come later alone', async () => {
    const { processing, clock, outcomeOf } = harness((file, context) =>
      file.filename === 'f3.txt' ? 'x' : slow(file, context),
    );
    processing.submit(fileReady(1));
    processing.submit(fileReady(2));
    await clock.settle();
    processing.discardAll('partition-lost');
    processing.submit(fileReady(3));
    await clock.runAll();
    expect([1, 2, 3].map(workId => outcomeOf(workId)?.kind)).toEqual(['discarded', 'discarded', 'done']);
  });
});

describe('drain and stop', () => {
  it('drain resolves at once when there is nothing to do', async () => {
    await expect(harness(() => 'x').processing.drain()).resolves.toBeUndefined();
  });

  it('drain resolves when every file has its outcome', async () => {
    const { processing, clock, settled } = harness(() => clock.sleep(10).then(() => 'x'));
    processing.submit(fileReady(1));
    processing.submit(fileReady(2));
    let settledAtDrain: number | undefined;
    const drained = processing.drain().then(() => (settledAtDrain = settled.length));
    await clock.advance(15);
    expect(settledAtDrain).toBeUndefined();
    await clock.runAll();
    await drained;
    expect(settledAtDrain).toBe(2);
  });

  it('stop takes everything back, also what is submitted later, and resolves when nothing runs', async () => {
    const { processing, clock, settled } = harness(() => clock.sleep(10).then(() => 'x'));
    processing.submit(fileReady(1));
    processing.submit(fileReady(2));
    await clock.advance(5);
    const stopped = processing.stop('stopped');
    processing.submit(fileReady(3));
    expect(settled.map(({ workId }) => workId)).toEqual([2]);
    await clock.runAll();
    await stopped;
    expect(settled.map(({ workId, outcome }) => [workId, outcome.kind])).toEqual([
      [2, 'discarded'],
      [3, 'discarded'],
      [1, 'discarded'],
    ]);
  });
});
