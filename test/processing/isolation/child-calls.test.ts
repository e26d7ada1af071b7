import { describe, expect, it } from 'vitest';
import { IllegalStateError, ProcessorTimeoutError } from '../../../src/errors.js';
import type { DataFile } from '../../../src/processing/data-file.js';
import { ChildCalls } from '../../../src/processing/isolation/child-calls.js';
import type { FromChild } from '../../../src/processing/isolation/child-messages.js';
import { RemoteLock } from '../../../src/processing/isolation/remote-lock.js';
import { FileDiscardedError } from '../../../src/processing/method-call.js';
import type { ProcessorContext } from '../../../src/processing/processor-context.js';
import { fileInfo, recordingLogger } from '../fixtures.js';
import { deferred } from '../../deferred.js';

const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** A child that calls this method, and what it says to the worker. */
function childWith(findPeaks: (file: DataFile, context: ProcessorContext) => unknown) {
  const said: FromChild[] = [];
  const link = {
    post: (message: FromChild) => void said.push(message),
    onMessage: () => undefined,
    end: () => expect.unreachable(),
  };
  const name = 'PeakFinder.findPeaks';
  const lock = new RemoteLock(name, (kind, request) => link.post({ kind, request }));
  const method = { kind: 'reproducer', name, invoke: findPeaks, produceTopic: 'peaks' } as const;
  const { logger } = recordingLogger();
  const calls = new ChildCalls({ method, lock, logger, memoryBudgetBytes: 1_000, link });
  const call = (options: { holdsLock?: boolean; isOnTopic?: true } = {}): Promise<void> => {
    const { holdsLock = false, isOnTopic } = options;
    const where = isOnTopic === undefined ? { bytes: new Uint8Array(8) } : { isOnTopic };
    const file = { workId: 7, info: fileInfo('a.dat'), size: 8, resultId: 'id', ...where };
    return calls.call({ kind: 'call', file, attempt: 1, holdsLock });
  };
  const kinds = (): string[] => said.map(({ kind }) => kind);
  return { calls, call, said, kinds, lock };
}

describe('a call in a child that holds the lock', () => {
  it('is refused the lock, for which it would wait for itself', async () => {
    const { call, said, kinds } = childWith(async (_, { lock }) => {
      await expect(lock.runExclusive(() => 1)).rejects.toThrow(IllegalStateError);
      return { peaks: 3 };
    });
    await call({ holdsLock: true });
    expect(kinds()).toEqual(['returned']);
    expect(said[0]).toMatchObject({ result: { kind: 'returned' } });
  });

  it('leaves the right to ask for it to what it has begun and not waited for', async () => {
    const ended = deferred();
    let leftBehind: Promise<string> | undefined;
    const { call, lock, kinds } = childWith((_, context) => {
      leftBehind = ended.promise.then(() => context.lock.runExclusive(() => 'got it'));
      return { peaks: 3 };
    });
    await call({ holdsLock: true });
    ended.resolve();
    await settle();
    expect(kinds()).toEqual(['returned', 'lock']);
    lock.granted(1);
    expect(await leftBehind).toBe('got it');
    expect(kinds()).toEqual(['returned', 'lock', 'unlock']);
  });
});

describe('a call in a child', () => {
  it('reports progress until it has ended, and not after', async () => {
    let report: ProcessorContext['progress'] | undefined;
    const { call, kinds } = childWith((_, { progress }) => {
      report = progress;
      progress(0.5);
      return { peaks: 3 };
    });
    await call();
    report!(1);
    expect(kinds()).toEqual(['progress', 'returned']);
  });

  it('closes the streams from the topic that it has not read to their ends', async () => {
    const { calls, call, said, kinds } = childWith(async file => {
      const pieces = file.stream()[Symbol.asyncIterator]();
      await pieces.next();
      return { peaks: 3 };
    });
    const ended = call({ isOnTopic: true });
    await settle();
    expect(said).toEqual([{ kind: 'content', request: { kind: 'next', readingId: 1, workId: 7 } }]);
    calls.content({ kind: 'bytes', readingId: 1, bytes: new Uint8Array(4) });
    await ended;
    expect(said.filter(({ kind }) => kind === 'content').at(-1)).toEqual({
      kind: 'content',
      request: { kind: 'close', readingId: 1 },
    });
    expect(kinds().at(-1)).toBe('returned');
  });

  it.each([
    { kind: 'timed-out', error: ProcessorTimeoutError },
    { kind: 'discarded', error: FileDiscardedError },
  ] as const)('is told why it is to stop: $kind', async ({ kind, error }) => {
    let reason: unknown;
    const { calls, call } = childWith(async (_, { signal }) => {
      await new Promise(resolve => signal.addEventListener('abort', resolve));
      reason = signal.reason;
    });
    const ended = call();
    await settle();
    calls.abort({ kind, message: 'enough' });
    await ended;
    expect(reason).toBeInstanceOf(error);
    expect(reason).toHaveProperty('message', 'enough');
  });
});
