import { describe, expect, it } from 'vitest';
import { deferred } from '../../deferred.js';
import type { CallPlace } from '../../../src/processing/call-place.js';
import type { MethodResult } from '../../../src/processing/invoke-method.js';
import { failureOf, fileReady, harness, type HarnessOptions } from '../fixtures.js';

/** A place whose calls go on until they are killed. */
class Endless implements CallPlace {
  readonly events: string[] = [];
  seats = 0;
  isKillable = true;

  take(): ReturnType<CallPlace['take']> {
    const name = `process ${++this.seats}`;
    const end = deferred<MethodResult>();
    return Promise.resolve({
      name,
      invoke: ({ context }) => {
        this.events.push(`call in ${name}`);
        context.signal.addEventListener('abort', () => this.events.push(`${name} told to stop`));
        return end.promise;
      },
      kill: () => {
        this.events.push(`${name} killed`);
        const error = { name: 'ProcessorCrashedError', message: 'killed' };
        if (this.isKillable) end.resolve({ kind: 'failed', reason: 'crashed', error, isRetriable: true });
      },
      leave: () => this.events.push(`${name} left`),
    });
  }
}

function endless(options: Partial<HarnessOptions['worker']> = {}) {
  const place = new Endless();
  const scene = harness(() => expect.unreachable(), {
    worker: { attempts: 2, backoffMs: 100, ...options },
    placeCalls: () => place,
  });
  return { ...scene, place };
}

describe('a call that can be killed', () => {
  it('is told to stop at its time limit and killed 5 s later, and the file is tried again', async () => {
    const { processing, clock, place, outcomeOf, settled } = endless({ timeoutMs: 60_000 });
    processing.submit(fileReady(1));
    await clock.advance(60_000);
    expect(place.events).toEqual(['call in process 1', 'process 1 told to stop']);
    await clock.advance(4_999);
    expect(place.events).toHaveLength(2);
    await clock.runAll();
    expect(place.events).toEqual([
      ...['call in process 1', 'process 1 told to stop', 'process 1 killed'],
      ...['call in process 2', 'process 2 told to stop', 'process 2 killed'],
    ]);
    expect(settled[0]!.attempts).toBe(2);
    expect(failureOf(outcomeOf(1))).toBe(
      'timed-out: PeakFinder.findPeaks did not finish dir/f1.txt within 1m',
    );
  });

  it('is killed when nobody wants its result, without any time limit', async () => {
    const { processing, clock, place, outcomeOf, errors } = endless();
    processing.submit(fileReady(1));
    await clock.advance(0);
    processing.discardAll('partition-lost');
    await clock.runAll();
    expect(outcomeOf(1)).toEqual({ kind: 'discarded' });
    expect(place.events).toEqual(['call in process 1', 'process 1 told to stop', 'process 1 killed']);
    expect(errors()).toEqual([
      'PeakFinder.findPeaks still works on dir/f1.txt 5s after it was told to stop: the process 1 that it runs in is ' +
        'killed, and the next file gets another',
    ]);
  });

  it('is abandoned when it outlives that', async () => {
    const { processing, clock, place, outcomeOf, settled } = endless({ timeoutMs: 1_000 });
    place.isKillable = false;
    processing.submit(fileReady(1));
    await clock.runAll();
    expect(settled[0]!.attempts).toBe(1);
    expect(failureOf(outcomeOf(1))).toContain('timed-out');
    expect(clock.now()).toBe(11_000);
  });

  it('leaves its seat when it is discarded before it is made', async () => {
    const { processing, clock, place, outcomeOf } = endless();
    const taken = deferred();
    const seat = await place.take();
    place.take = async () => {
      await taken.promise;
      return seat;
    };
    processing.submit(fileReady(1));
    await clock.settle();
    processing.discardAll('stopped');
    taken.resolve();
    await clock.runAll();
    expect(place.events).toEqual(['process 1 left']);
    expect(outcomeOf(1)).toEqual({ kind: 'discarded' });
  });
});

it('a call for which there is no place, and that nobody has given up, fails and is made again', async () => {
  const { processing, clock, place, outcomeOf, settled } = endless();
  place.take = () => Promise.reject(new Error('no more threads'));
  processing.submit(fileReady(1));
  await clock.runAll();
  expect(settled[0]!.attempts).toBe(2);
  expect(failureOf(outcomeOf(1))).toBe(
    'crashed: PeakFinder.findPeaks was not called with dir/f1.txt: no more threads',
  );
});
