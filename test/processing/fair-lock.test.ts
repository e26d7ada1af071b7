import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IllegalStateError } from '../../src/errors.js';
import { FairLock } from '../../src/processing/fair-lock.js';
import { FakeClock } from './fake-clock.js';

const reentrance =
  'PeakFinder.findPeaks: lock.runExclusive was called by code that already holds the lock (inside runExclusive, or in ' +
  'a method with exclusive: true), so it would wait for itself for ever. Take the lock once, around all of it.';

function gate() {
  let open!: () => void;
  const opened = new Promise<void>(resolve => (open = resolve));
  return { open, opened };
}

describe('FairLock', () => {
  it('gives back what the function returns, and what it throws', async () => {
    const lock = new FairLock('PeakFinder.findPeaks');
    await expect(lock.runExclusive(() => 7)).resolves.toBe(7);
    await expect(
      lock.runExclusive(() => {
        throw new Error('inside');
      }),
    ).rejects.toThrow('inside');
    await expect(lock.runExclusive(async () => Promise.resolve('free again'))).resolves.toBe('free again');
  });

  it('lets go of a wait that was aborted, in its place', async () => {
    const lock = new FairLock('PeakFinder.findPeaks');
    const { open, opened } = gate();
    const abort = new AbortController();
    const order: string[] = [];
    const first = lock.runExclusive(() => opened);
    const second = lock.runExclusive(() => order.push('second'), { signal: abort.signal });
    const third = lock.runExclusive(() => order.push('third'));
    const reason = new Error('not any more');
    abort.abort(reason);
    await expect(second).rejects.toBe(reason);
    open();
    await Promise.all([first, third]);
    expect(order).toEqual(['third']);
  });

  it('does not even wait when the signal is aborted already', async () => {
    const lock = new FairLock('PeakFinder.findPeaks');
    const reason = new Error('too late');
    await expect(lock.runExclusive(() => 1, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('does not run the function when the abort comes right after the lock was granted', async () => {
    const lock = new FairLock('PeakFinder.findPeaks');
    const abort = new AbortController();
    let hasRun = false;
    const run = lock.runExclusive(() => (hasRun = true), { signal: abort.signal });
    abort.abort(new Error('now'));
    await expect(run).rejects.toThrow('now');
    expect(hasRun).toBe(false);
    await expect(lock.runExclusive(() => 'free')).resolves.toBe('free');
  });

  it('refuses to be taken by code that holds it, however deep', async () => {
    const lock = new FairLock('PeakFinder.findPeaks');
    const nested = lock.runExclusive(async () => {
      await Promise.resolve();
      return (async () => lock.runExclusive(() => 'never'))();
    });
    await expect(nested).rejects.toThrow(new IllegalStateError(reentrance));
    await expect(lock.runExclusive(() => 'free')).resolves.toBe('free');
  });

  it('may be taken twice by one caller side by side, and by what outlives the function that started it', async () => {
    const lock = new FairLock('PeakFinder.findPeaks');
    await expect(Promise.all([lock.runExclusive(() => 1), lock.runExclusive(() => 2)])).resolves.toEqual([
      1, 2,
    ]);
    const { open, opened } = gate();
    let later: Promise<string> | undefined;
    await lock.runExclusive(() => {
      later = opened.then(() => lock.runExclusive(() => 'later'));
    });
    open();
    await expect(later).resolves.toBe('later');
  });

  it('lets one in at a time, first come, first served, past those who gave up', async () => {
    const visitor = fc.record({
      arrivesAtMs: fc.nat(50),
      holdsForMs: fc.nat(20),
      givesUpAfterMs: fc.option(fc.nat(40), { nil: undefined }),
      fails: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(visitor, { maxLength: 12 }), async visitors => {
        const clock = new FakeClock();
        const lock = new FairLock('it');
        const arrived: number[] = [];
        const entered: number[] = [];
        const ended = new Set<number>();
        let insideCount = 0;
        visitors.forEach((visitor, index) => {
          const visit = async () => {
            arrived.push(index);
            const abort = new AbortController();
            if (visitor.givesUpAfterMs !== undefined)
              clock.after(visitor.givesUpAfterMs, () => abort.abort(new Error('gave up')));
            await lock.runExclusive(
              async () => {
                entered.push(index);
                insideCount += 1;
                expect(insideCount).toBe(1);
                await clock.sleep(visitor.holdsForMs);
                insideCount -= 1;
                if (visitor.fails) throw new Error('failed inside');
              },
              { signal: abort.signal },
            );
          };
          clock.after(
            visitor.arrivesAtMs,
            () =>
              void visit().then(
                () => ended.add(index),
                () => ended.add(index),
              ),
          );
        });
        await clock.runAll();
        expect(ended.size).toBe(visitors.length);
        expect(entered).toEqual(arrived.filter(index => entered.includes(index)));
        for (const [index, { givesUpAfterMs }] of visitors.entries())
          if (givesUpAfterMs === undefined) expect(entered).toContain(index);
      }),
      { numRuns: 60 },
    );
  });
});
