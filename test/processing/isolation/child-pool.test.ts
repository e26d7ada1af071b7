import { describe, expect, it } from 'vitest';
import { ConfigError, ProcessorCrashedError, ProcessorTimeoutError } from '../../../src/errors.js';
import { CallContext } from '../../../src/processing/call-context.js';
import type { FileProgress } from '../../../src/processing/file-work.js';
import type { LogLine } from '../../../src/logger.js';
import type { FromChild } from '../../../src/processing/isolation/child-messages.js';
import { refusedEnd } from '../../../src/processing/isolation/child-port.js';
import { FairLock } from '../../../src/processing/fair-lock.js';
import type { CallSeat } from '../../../src/processing/call-place.js';
import { systemClock } from '../../../src/processing/clock.js';
import { fileReady, recordingLogger } from '../fixtures.js';
import { fakePool } from './fake-children.js';

const noAbort = new AbortController().signal;
const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve));

/** One call, as a `MethodCall` makes it. */
function callOn(seat: CallSeat, workId = 1, signal = noAbort) {
  const ready = fileReady(workId);
  const progress: FileProgress[] = [];
  const context = new CallContext({
    ready,
    attempt: 2,
    signal,
    lock: new FairLock(''),
    logger: recordingLogger().logger,
    clock: systemClock,
    onProgress: each => progress.push(each),
  });
  return { result: seat.invoke({ ready, context, holdsLock: false }), progress };
}

async function opened() {
  const fakes = fakePool();
  const open = fakes.pool.open(noAbort);
  fakes.children[0]!.ready();
  await open;
  return { ...fakes, first: fakes.children[0]! };
}

async function busy() {
  const fakes = await opened();
  const seat = await fakes.pool.take(noAbort);
  return { ...fakes, seat, call: callOn(seat) };
}

describe('the start of the first child', () => {
  it('is told what it needs, and is waited for', async () => {
    const { first, children } = await opened();
    expect(first.heard).toEqual([{ kind: 'begin', start: { className: 'PeakFinder' } }]);
    expect(children).toHaveLength(1);
  });

  it('fails with what the child says of class and options', async () => {
    const { pool, children } = fakePool();
    const open = pool.open(noAbort);
    const error = { name: 'ConfigError', message: '--isolation: no class' };
    children[0]!.say({ kind: 'refused', refusal: { kind: 'usage', error } });
    await expect(open).rejects.toThrow(new ConfigError('--isolation: no class'));
  });

  it('fails with what onStart threw', async () => {
    const { pool, children } = fakePool();
    const open = pool.open(noAbort);
    const error = { name: 'TypeError', message: 'no database', code: 'E1', stack: 'at home' };
    children[0]!.say({ kind: 'refused', refusal: { kind: 'on-start', error } });
    await expect(open).rejects.toMatchObject(error);
  });

  it('fails when the child ends before', async () => {
    const { pool, children } = fakePool();
    const open = pool.open(noAbort);
    children[0]!.end();
    await expect(open).rejects.toThrow(
      new ProcessorCrashedError('the process 1 ended with exit code 1 before it was ready for files'),
    );
  });

  it('passes on that the worker is told to stop', async () => {
    const { pool, children } = fakePool();
    const stopping = new AbortController();
    const open = pool.open(stopping.signal);
    stopping.abort(new Error('enough'));
    expect(children[0]!.heard.at(-1)).toEqual({ kind: 'stopping', reason: 'enough' });
    children[0]!.ready();
    await open;
  });
});

describe('a call', () => {
  it('gets file and attempt, reports progress and returns what the child says', async () => {
    const { call, first } = await busy();
    expect(first.heard[1]).toMatchObject({ kind: 'call', attempt: 2, holdsLock: false });
    const { file } = first.heard[1] as { file: { bytes: Uint8Array; size: number } };
    expect(Buffer.from(file.bytes).toString()).toBe('dir/f1.txt');
    first.say({ kind: 'progress', progress: { workId: 1, attempt: 2, fraction: 0.5 } });
    expect(call.progress).toEqual([{ workId: 1, attempt: 2, fraction: 0.5 }]);
    first.say({ kind: 'log', line: { level: 'warn', fields: { peaks: 3 }, message: 'few' } });
    first.answer();
    expect(await call.result).toEqual({ kind: 'returned', messages: [], skipped: 'done' });
  });

  it('has results in memory of their own', async () => {
    const { call, first } = await busy();
    const received = Buffer.from('one piece for all');
    const value = received.subarray(0, 3);
    const message = { topic: 't', key: received.subarray(4, 9), value, headers: {} };
    first.say({ kind: 'returned', result: { kind: 'returned', messages: [message] } });
    const result = await call.result;
    if (result.kind !== 'returned') expect.unreachable();
    const { key, value: sent } = result.messages[0]!;
    expect([Buffer.from(key!).toString(), Buffer.from(sent!).toString()]).toEqual(['piece', 'one']);
    expect(sent!.buffer.byteLength).toBe(3);
  });

  it('has the lock of the worker from when it is granted until it gives it back', async () => {
    const { first, lock } = await busy();
    first.say({ kind: 'lock', request: 7 });
    await settle();
    expect(first.heard.at(-1)).toEqual({ kind: 'lock-granted', request: 7 });
    const steps: string[] = [];
    const other = lock.runExclusive(() => steps.push('other'));
    await settle();
    expect(steps).toEqual([]);
    first.say({ kind: 'unlock', request: 7 });
    await settle();
    expect(steps).toEqual(['other']);
    await other;
  });

  it('passes on why it is to stop', async () => {
    const { pool, first } = await opened();
    const abort = new AbortController();
    callOn(await pool.take(noAbort), 1, abort.signal);
    abort.abort(new ProcessorTimeoutError('too long'));
    expect(first.heard.at(-1)).toEqual({ kind: 'abort', reason: { kind: 'timed-out', message: 'too long' } });
  });

  it('fails when its child ends, with how that ended and of what, and the next one gets another', async () => {
    const { call, first, pool, children } = await busy();
    first.end({ text: 'ended with exit code 1', error: { name: 'TypeError', message: 'no', stack: 'at x' } });
    expect(await call.result).toEqual({
      kind: 'failed',
      reason: 'crashed',
      isRetriable: true,
      error: {
        name: 'ProcessorCrashedError',
        code: 'ERR_PROCESSOR_CRASHED',
        message:
          'PeakFinder.findPeaks: the process 1 that worked on dir/f1.txt ended with exit code 1 after an error that ' +
          'nothing caught: TypeError: no',
        stack: 'at x',
      },
    });
    const next = pool.take(noAbort);
    children[1]!.ready();
    expect((await next).name).toBe('process 2');
  });

  it('gets a child that is free, and a new one only when there is none', async () => {
    const { call, first, pool, children } = await busy();
    const second = pool.take(noAbort);
    children[1]!.ready();
    expect((await second).name).toBe('process 2');
    first.answer();
    await call.result;
    expect((await pool.take(noAbort)).name).toBe('process 1');
    (await second).leave();
    expect((await pool.take(noAbort)).name).toBe('process 2');
    expect(children).toHaveLength(2);
  });

  it('fails when no child can be started for it', async () => {
    const { pool, children } = await busy();
    const taken = pool.take(noAbort);
    children[1]!.end({ text: 'was killed by SIGKILL' });
    expect(await callOn(await taken).result).toMatchObject({
      reason: 'crashed',
      isRetriable: true,
      error: {
        message:
          'PeakFinder.findPeaks was not called with dir/f1.txt: the process 2 was killed by SIGKILL before it was ready for files',
      },
    });
  });

  it('fails with what onStart threw in the child that was started for it', async () => {
    const { pool, children } = await busy();
    const taken = pool.take(noAbort);
    const error = { name: 'TypeError', message: 'no database' };
    children[1]!.say({ kind: 'refused', refusal: { kind: 'on-start', error } });
    expect(await callOn(await taken).result).toMatchObject({
      reason: 'crashed',
      error: {
        message:
          'PeakFinder.findPeaks was not called with dir/f1.txt: process 2 could not be started: TypeError: no database',
      },
    });
  });

  it('fails with what the system says when it refuses a child', async () => {
    const { pool, children } = await busy();
    const taken = pool.take(noAbort);
    children[1]!.end(refusedEnd(new Error('spawn node EMFILE')));
    expect(await callOn(await taken).result).toMatchObject({
      reason: 'crashed',
      isRetriable: true,
      error: {
        message:
          'PeakFinder.findPeaks was not called with dir/f1.txt: the process 2 could not be started: spawn node EMFILE',
      },
    });
  });

  it('that is given up while its child starts leaves the child to the next', async () => {
    const { pool, children } = await busy();
    const abort = new AbortController();
    const taken = pool.take(abort.signal);
    abort.abort(new Error('enough'));
    await expect(taken).rejects.toThrow('enough');
    children[1]!.ready();
    await settle();
    expect((await pool.take(noAbort)).name).toBe('process 2');
  });
});

describe('a child that does not get ready', () => {
  it('keeps no call from one that is free meanwhile', async () => {
    const { pool, first, call, children } = await busy();
    const second = pool.take(noAbort);
    first.answer();
    await call.result;
    expect((await second).name).toBe('process 1');
    expect(children).toHaveLength(2);
  });

  it('is the one that further calls wait for, too, the first one first', async () => {
    const { pool, first, call, children } = await busy();
    const second = pool.take(noAbort);
    first.answer();
    await call.result;
    const secondCall = callOn(await second, 2);
    const third = pool.take(noAbort);
    const fourth = pool.take(noAbort);
    expect(children).toHaveLength(3);
    first.answer();
    await secondCall.result;
    expect((await third).name).toBe('process 1');
    children[2]!.ready();
    expect((await fourth).name).toBe('process 3');
    expect(children).toHaveLength(3);
  });

  it('is mentioned after 30 s, after a minute and so on, until it is ready', async () => {
    const { pool, clock, lines, children } = await busy();
    void pool.take(noAbort);
    await clock.advance(29_999);
    expect(lines).toEqual([]);
    await clock.advance(1);
    expect(lines[0]!.msg).toContain(
      'PeakFinder.findPeaks: the process 2 was started 30s ago and is not ready for files',
    );
    await clock.advance(30_000);
    expect(lines[1]!.msg).toContain('the process 2 was started 1m ago and is not ready');
    await clock.advance(59_999);
    expect(lines).toHaveLength(2);
    children[1]!.ready();
    await clock.settle();
    expect(clock.timerCount).toBe(0);
  });

  it('is not all that a call waits for when one that works dies', async () => {
    const { pool, first, call, children } = await busy();
    const waiting = pool.take(noAbort);
    first.end();
    await call.result;
    children[2]!.ready();
    expect((await waiting).name).toBe('process 3');
  });

  it('is told of where no call fails of it', async () => {
    const { pool, first, call, lines, children } = await busy();
    const second = pool.take(noAbort);
    first.answer();
    await Promise.all([call.result, second]);
    children[1]!.end();
    await settle();
    expect(lines.map(({ msg }) => msg)).toEqual([
      'PeakFinder.findPeaks: the process 2 ended with exit code 1 before it was ready for files; no call waited for it',
    ]);
  });

  it('keeps no call from ending with the worker', async () => {
    const { pool, lines } = await busy();
    const waiting = pool.take(noAbort);
    pool.kill();
    expect(await callOn(await waiting).result).toMatchObject({
      error: { message: 'PeakFinder.findPeaks was not called with dir/f1.txt: the worker ends' },
    });
    await settle();
    expect(lines).toEqual([]);
  });
});

describe('a child that ends with no file at it', () => {
  it('is told, and replaced by the next call', async () => {
    const { pool, first, children, lines } = await opened();
    first.end();
    await settle();
    expect(lines.map(({ msg }) => msg)).toEqual([
      'PeakFinder.findPeaks: the process 1 ended with exit code 1, with no file at it; the next one gets another',
    ]);
    const taken = pool.take(noAbort);
    children[1]!.ready();
    expect((await taken).name).toBe('process 2');
  });
});

describe('a log line of a child', () => {
  it('has the fields that the method gave it, also level, msg and what is no text', async () => {
    const { first, lines } = await opened();
    first.say({ kind: 'log', line: { level: 'info', fields: { level: 3.5 }, message: 'water level' } });
    first.say({ kind: 'log', line: { level: 'warn', fields: { msg: [5] }, message: '' } });
    // Of fields that have the same name the last one is read.
    expect(lines).toEqual([
      { level: 3.5, msg: 'water level' },
      { level: 40, msg: [5] },
    ]);
  });

  it('that the logger refuses is told without it', async () => {
    const { first, lines, call } = await busy();
    const line = { level: 'nonsense', fields: { peaks: 3 }, message: 'few' } as unknown as LogLine;
    first.say({ kind: 'log', line });
    expect(lines).toEqual([
      {
        level: 40,
        line,
        msg: expect.stringMatching(
          /^PeakFinder.findPeaks: a line that the process 1 logged could not be written: TypeError: /,
        ) as string,
      },
    ]);
    first.answer();
    expect(await call.result).toMatchObject({ kind: 'returned' });
  });
});

describe('a message of a child that cannot be taken', () => {
  it('ends the child, and its call fails', async () => {
    const { first, lines, call } = await busy();
    first.say({ kind: 'returned', result: { kind: 'returned' } } as unknown as FromChild);
    expect(await call.result).toMatchObject({ kind: 'failed', reason: 'crashed', isRetriable: true });
    expect(lines[0]!.msg).toBe(
      'PeakFinder.findPeaks: what the process 1 sent (returned) could not be taken; it is ended',
    );
  });
});

describe('closing', () => {
  it('lets each child run onStop and end', async () => {
    const { pool, first } = await opened();
    const closed = pool.close({ outcome: 'stopped' });
    await settle();
    expect(first.heard.at(-1)).toEqual({ kind: 'end', summary: { outcome: 'stopped' } });
    first.say({ kind: 'ended' });
    first.end({ text: 'ended with exit code 0' });
    await closed;
    expect(first.isKilled).toBe(false);
  });

  it('fails with what onStop threw, or when the child ended instead', async () => {
    const one = await opened();
    const thrown = one.pool.close({});
    await settle();
    one.first.say({ kind: 'ended', error: { name: 'Error', message: 'no goodbye' } });
    one.first.end({ text: 'ended with exit code 0' });
    await expect(thrown).rejects.toThrow('no goodbye');

    const other = await opened();
    const died = other.pool.close({});
    await settle();
    other.first.end();
    await expect(died).rejects.toThrow('the process 1 ended with exit code 1 before onStop had ended');
  });

  it('waits a second for a call, and kills its child then', async () => {
    const { pool, first, clock, call } = await busy();
    const closed = pool.close({});
    await clock.advance(999);
    expect(first.isKilled).toBe(false);
    await clock.advance(1);
    await closed;
    expect(first.isKilled).toBe(true);
    expect(await call.result).toMatchObject({ reason: 'crashed' });
  });

  it('lets a child whose call ends in time run onStop', async () => {
    const { pool, first, clock } = await busy();
    const closed = pool.close({});
    await clock.advance(500);
    first.answer();
    await settle();
    expect(first.told).toEqual(['call', 'end']);
    first.say({ kind: 'ended' });
    first.end();
    await closed;
    expect(clock.timerCount).toBe(0);
  });
});

describe('the lock', () => {
  it('is given back by a child that dies with it', async () => {
    const { first, lock, call } = await busy();
    first.say({ kind: 'lock', request: 1 });
    await settle();
    expect(first.heard.at(-1)).toEqual({ kind: 'lock-granted', request: 1 });
    first.end();
    await call.result;
    await expect(lock.runExclusive(() => 'free')).resolves.toBe('free');
  });
});
