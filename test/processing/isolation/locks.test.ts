import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../deferred.js';
import { IllegalStateError } from '../../../src/errors.js';
import { FairLock } from '../../../src/processing/fair-lock.js';
import { LentLock } from '../../../src/processing/isolation/lent-lock.js';
import { RemoteLock } from '../../../src/processing/isolation/remote-lock.js';

/** A child with the lock of the worker: what one says the other hears later. */
class Child {
  readonly lent: LentLock;
  readonly lock: RemoteLock;
  readonly #toWorker: (() => void)[] = [];
  readonly #toChild: (() => void)[] = [];

  constructor(worker: FairLock) {
    this.lent = new LentLock(worker, request => this.#toChild.push(() => this.lock.granted(request)));
    this.lock = new RemoteLock('PeakFinder.findPeaks', (kind, request) =>
      this.#toWorker.push(() => (kind === 'lock' ? this.lent.request(request) : this.lent.giveBack(request))),
    );
  }

  async hear(): Promise<void> {
    for (const say of this.#toWorker.splice(0)) say();
    await settle();
  }

  async getAnswers(): Promise<void> {
    for (const say of this.#toChild.splice(0)) say();
    await settle();
  }

  /** Until nobody says anything any more. */
  async talk(): Promise<void> {
    while (this.#toWorker.length + this.#toChild.length > 0) {
      await this.hear();
      await this.getAnswers();
    }
  }
}

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

async function talkAll(...children: Child[]): Promise<void> {
  for (let round = 0; round < 5; round += 1) for (const child of children) await child.talk();
}

describe('the lock of a worker in its children', () => {
  const worker = (): FairLock => new FairLock('PeakFinder.findPeaks');

  it('is had by one child at a time, in the order in which they asked', async () => {
    const lock = worker();
    const children = [new Child(lock), new Child(lock), new Child(lock)];
    const steps: string[] = [];
    const ends = children.map(() => deferred());
    const all = children.map((child, at) =>
      child.lock.runExclusive(async () => {
        steps.push(`enter ${at}`);
        await ends[at]!.promise;
        steps.push(`leave ${at}`);
        return at;
      }),
    );
    await talkAll(...children);
    expect(steps).toEqual(['enter 0']);
    for (const end of ends) {
      end.resolve();
      await settle();
      await talkAll(...children);
    }
    expect(await Promise.all(all)).toEqual([0, 1, 2]);
    expect(steps).toEqual(['enter 0', 'leave 0', 'enter 1', 'leave 1', 'enter 2', 'leave 2']);
  });

  it('goes to the next one when the child that has it dies, and dead ones do not wait', async () => {
    const lock = worker();
    const [holder, waiting, next] = [new Child(lock), new Child(lock), new Child(lock)];
    void holder.lock.runExclusive(() => new Promise(() => undefined));
    await holder.talk();
    void waiting.lock.runExclusive(() => expect.unreachable());
    await waiting.talk();
    const got = next.lock.runExclusive(() => 'got it');
    await next.talk();
    waiting.lent.giveBackAll();
    holder.lent.giveBackAll();
    await settle();
    await next.talk();
    expect(await got).toBe('got it');
  });

  it('is not waited for any longer when a signal is aborted, and is free for others then', async () => {
    const lock = worker();
    const [holder, child] = [new Child(lock), new Child(lock)];
    const end = deferred();
    const held = holder.lock.runExclusive(() => end.promise);
    await holder.talk();
    const abort = new AbortController();
    const waiting = child.lock.runExclusive(() => expect.unreachable(), { signal: abort.signal });
    await child.talk();
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await child.talk();
    end.resolve();
    await held;
    await holder.talk();
    await expect(lock.runExclusive(() => 'free')).resolves.toBe('free');
  });

  it('is given back when it is granted to a wait that was given up meanwhile', async () => {
    const lock = worker();
    const child = new Child(lock);
    const abort = new AbortController();
    const waiting = child.lock.runExclusive(() => expect.unreachable(), { signal: abort.signal });
    await child.hear();
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await child.getAnswers();
    await child.talk();
    await expect(lock.runExclusive(() => 'free')).resolves.toBe('free');
  });

  it('is given back when the child gives up before the grant has settled', async () => {
    const lock = worker();
    const grants: number[] = [];
    const lent = new LentLock(lock, request => grants.push(request));
    lent.request(1);
    lent.giveBack(1);
    await settle();
    expect(grants).toEqual([]);
    await expect(lock.runExclusive(() => 'free')).resolves.toBe('free');
  });

  it('is refused to code of the child that holds it already', async () => {
    const child = new Child(worker());
    const nested = child.lock.runExclusive(() => child.lock.runExclusive(() => undefined));
    const refused = expect(nested).rejects.toThrow(IllegalStateError);
    await talkAll(child);
    await refused;
  });
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

describe('what a child keeps of its requests for the lock', () => {
  const requests: string[] = [];
  const childLock = (): RemoteLock => {
    requests.length = 0;
    return new RemoteLock('PeakFinder.findPeaks', (kind, request) => requests.push(`${kind} ${request}`));
  };
  const listenerCount = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

  it('is no listener once it is granted', async () => {
    const lock = childLock();
    const { signal } = new AbortController();
    const holding = lock.acquire([signal]);
    expect(listenerCount(signal)).toBe(1);
    lock.granted(1);
    await holding;
    expect(listenerCount(signal)).toBe(0);
  });

  it('is no listener at any of the signals once it is given up', async () => {
    const lock = childLock();
    const [first, second] = [new AbortController(), new AbortController()];
    const holding = lock.acquire([first.signal, second.signal]);
    second.abort(new Error('enough'));
    await expect(holding).rejects.toThrow('enough');
    expect(requests).toEqual(['lock 1', 'unlock 1']);
    expect([listenerCount(first.signal), listenerCount(second.signal)]).toEqual([0, 0]);
  });

  it('is nothing where the signal is aborted already: the worker is not asked', async () => {
    const lock = childLock();
    await expect(lock.acquire([AbortSignal.abort(new Error('enough'))])).rejects.toThrow('enough');
    expect(requests).toEqual([]);
  });

  it.each(['granted', 'given up'])('is no memory once they are %s', async end => {
    const lock = new RemoteLock('PeakFinder.findPeaks', () => undefined);
    let request = 0;
    const askOften = async (): Promise<number> => {
      for (let count = 0; count < 20_000; count += 1) {
        const abort = new AbortController();
        const holding = lock.acquire([abort.signal]);
        request += 1;
        if (end === 'granted') lock.granted(request);
        else abort.abort();
        await holding.catch(() => undefined);
      }
      collectGarbage();
      return process.memoryUsage().heapUsed;
    };
    const before = await askOften();
    expect((await askOften()) - before).toBeLessThan(1_000_000);
  });

  it('gives the lock back once, however often it is released', async () => {
    const lock = childLock();
    const holding = lock.acquire([]);
    lock.granted(1);
    const held = await holding;
    held.release();
    held.release();
    expect(requests).toEqual(['lock 1', 'unlock 1']);
  });

  it('each request has a number of its own', async () => {
    const lock = childLock();
    const [first, second] = [lock.acquire([]), lock.acquire([])];
    const granted: number[] = [];
    void first.then(() => granted.push(1));
    lock.granted(2);
    await second;
    await settle();
    expect(granted).toEqual([]);
    lock.granted(1);
    await first;
    expect(requests).toEqual(['lock 1', 'lock 2']);
  });
});
