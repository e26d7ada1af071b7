import { describe, expect, it } from 'vitest';
import type { StartContext, StopContext } from '../../src/bootstrap/lifecycle-hooks.js';
import { BrokerError, ConfigError, IllegalStateError } from '../../src/errors.js';
import type { DataFile } from '../../src/processing/data-file.js';
import { badInput, doneReport, failedReport, progressOf } from '../observe/reports.js';
import { workerOf } from './simulated-engine.js';

const drained = { kind: 'drained', reason: 'stopped' } as const;

class PeakFinder {
  findPeaks(file: DataFile): unknown {
    return { path: file.path };
  }
}

/** A method that a test ends. */
class Slow {
  onStarted: () => void = () => undefined;
  signal: AbortSignal | undefined;
  end: (result: string) => void = () => undefined;

  findPeaks(_file: DataFile, { signal }: { signal: AbortSignal }): Promise<string> {
    this.signal = signal;
    return new Promise(resolve => {
      this.end = resolve;
      this.onStarted();
    });
  }

  running(): Promise<void> {
    return new Promise(resolve => (this.onStarted = resolve));
  }
}

describe('a worker', () => {
  it('goes through created, running, draining, stopped', async () => {
    const { worker, engine, states } = workerOf({ instance: new PeakFinder() });
    expect(worker.state).toBe('created');
    await worker.start();
    const stopped = worker.stop();
    expect(worker.state).toBe('draining');
    engine.end(drained);
    expect(await stopped).toMatchObject({ outcome: 'stopped', exitCode: 0, name: 'PeakFinder' });
    expect(states).toEqual(['running', 'draining', 'stopped']);
    expect(engine.told).toEqual(['start', 'stop']);
    expect(await worker.stop()).toEqual(await worker.ended);
  });

  it('refuses calls that its state does not allow', async () => {
    const { worker, engine } = workerOf({ instance: new PeakFinder() });
    await expect(worker.stop()).rejects.toThrow(IllegalStateError);
    await expect(worker.stop()).rejects.toThrow(
      'PeakFinder: stop() needs a started worker; call start() first',
    );
    await worker.start();
    await expect(worker.start()).rejects.toThrow(
      'PeakFinder: start() needs a worker that was not started before; this one is running. Make a new one with createReproducer',
    );
    engine.end(drained);
    await worker.ended;
    await expect(worker.start()).rejects.toThrow(IllegalStateError);
  });

  it('tells the engine the options, name and version of the class', async () => {
    const { worker, engine } = workerOf({
      instance: new PeakFinder(),
      definition: { version: '2' },
      argv: ['--limit', '7'],
    });
    await worker.start();
    expect(engine.options).toMatchObject({
      name: 'PeakFinder',
      version: '2',
      options: { limit: 7, groupId: 'PeakFinder' },
    });
    engine.end(drained);
    await worker.ended;
  });

  it('runs the method on each file and hands the outcome back', async () => {
    const { worker, engine } = workerOf({ instance: new PeakFinder() });
    await worker.start();
    engine.give(1);
    engine.give(2);
    const settled = await engine.settledCount(2);
    expect(settled.map(({ workId, outcome }) => [workId, outcome.kind])).toEqual([
      [1, 'done'],
      [2, 'done'],
    ]);
    engine.end(drained);
    await worker.ended;
  });

  it('gives queued files back and lets the running one end when the engine says so', async () => {
    const slow = new Slow();
    const { worker, engine } = workerOf({ instance: slow });
    await worker.start();
    const running = slow.running();
    engine.give(1);
    engine.give(2);
    await running;
    engine.listener.onDiscard('queued', 'stopped');
    slow.end('peaks');
    const settled = await engine.settledCount(2);
    expect(settled.map(({ workId, outcome }) => [workId, outcome.kind])).toEqual([
      [2, 'discarded'],
      [1, 'done'],
    ]);
    engine.end(drained);
    await worker.ended;
  });

  it('abandons the engine when the deadline of the drain has passed', async () => {
    const slow = new Slow();
    const { worker, engine, messages } = workerOf({ instance: slow, argv: ['--drain-timeout', '1ms'] });
    const abandoned = new Promise<void>(resolve => {
      engine.abandon = () => {
        engine.told.push('abandon');
        engine.end({ kind: 'abandoned', unfinishedFileCount: 1 });
        resolve();
      };
    });
    await worker.start();
    const running = slow.running();
    engine.give(1);
    await running;
    const stopped = worker.stop();
    await abandoned;
    expect(await stopped).toMatchObject({ outcome: 'abandoned', exitCode: 0 });
    expect(engine.told).toEqual(['start', 'stop', 'abandon']);
    expect(slow.signal!.aborted).toBe(true);
    expect(messages()).toContain('not all calls have ended 1ms after the stop: leaving without them');
  });

  it('that is told to stop while it ends for a failure leaves no timer behind', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
    const { worker, engine } = workerOf({ instance: new PeakFinder() });
    await worker.start();
    const before = timers();
    engine.listener.onReport({ kind: 'draining', reason: 'failure' });
    void worker.stop();
    expect(engine.told).toEqual(['start', 'stop', 'stop']);
    expect(timers()).toBe(before + 1);
    engine.end(drained);
    await worker.ended;
    expect(timers()).toBe(before);
  });

  it('is draining when the engine has nothing left to do', async () => {
    const { worker, engine, states } = workerOf({ instance: new PeakFinder() });
    await worker.start();
    engine.listener.onReport({ kind: 'draining', reason: 'idle' });
    engine.end({ kind: 'drained', reason: 'idle' });
    expect(await worker.ended).toMatchObject({ outcome: 'idle' });
    expect(states).toEqual(['running', 'draining', 'stopped']);
  });

  it('fails with what Kafka refused', async () => {
    const { worker, engine } = workerOf({ instance: new PeakFinder() });
    await worker.start();
    engine.end({ kind: 'failed', error: new BrokerError('no right to read', { retriable: false }) });
    expect(await worker.ended).toMatchObject({
      outcome: 'failed',
      exitCode: 1,
      error: 'BrokerError: no right to read',
    });
    expect(worker.state).toBe('failed');
  });

  it('fails with the mistakes in the configuration, and the engine is not started', async () => {
    const error = new ConfigError('--brokers is missing');
    const { worker, engine } = workerOf({ instance: new PeakFinder(), prepare: () => Promise.reject(error) });
    await expect(worker.start()).rejects.toBe(error);
    expect(worker.state).toBe('failed');
    expect(engine.told).toEqual([]);
    await worker.ended;
  });
});

describe('hooks', () => {
  it('get the options, the lock and, at the end, the summary', async () => {
    const seen: unknown[] = [];
    class Hooked extends PeakFinder {
      async onStart({ options, lock }: StartContext): Promise<void> {
        await lock.runExclusive(() => seen.push('start', options.consumeTopic));
      }
      onStop({ summary }: StopContext): void {
        seen.push('stop', summary.outcome, summary.files.done);
      }
    }
    const { worker, engine } = workerOf({ instance: new Hooked() });
    await worker.start();
    engine.listener.onReport(doneReport('a'));
    engine.end(drained);
    await worker.ended;
    expect(seen).toEqual(['start', 'instrument-files', 'stop', 'stopped', 1]);
  });

  it('run before the engine starts and after it ended', async () => {
    const order: string[] = [];
    class Hooked extends PeakFinder {
      onStart(): void {
        order.push('onStart');
      }
      onStop(): void {
        order.push('onStop');
      }
    }
    const { worker, engine } = workerOf({ instance: new Hooked() });
    engine.told.push = (text: string) => order.push(text);
    await worker.start();
    engine.end({ kind: 'failed', error: new Error('gone') });
    await worker.ended;
    expect(order).toEqual(['onStart', 'start', 'onStop']);
  });

  it('keep the engine from starting when onStart throws', async () => {
    class Hooked extends PeakFinder {
      onStart(): never {
        throw new Error('the database is away');
      }
    }
    const { worker, engine } = workerOf({ instance: new Hooked() });
    await expect(worker.start()).rejects.toThrow('PeakFinder.onStart threw, so no message was read');
    expect(engine.told).toEqual([]);
    expect(await worker.ended).toMatchObject({
      outcome: 'failed',
      exitCode: 1,
      error:
        'ProcessorError: PeakFinder.onStart threw, so no message was read (caused by the database is away)',
    });
  });

  it('are left behind with a failure when onStop never settles', async () => {
    class Stuck extends PeakFinder {
      onStop(): Promise<never> {
        return new Promise(() => undefined);
      }
    }
    const { worker, engine } = workerOf({ instance: new Stuck(), argv: ['--drain-timeout', '20ms'] });
    await worker.start();
    engine.end(drained);
    expect(await worker.ended).toMatchObject({
      outcome: 'failed',
      exitCode: 1,
      error:
        'ProcessorTimeoutError: PeakFinder.onStop has not ended within 20ms (--drain-timeout) of the stop: leaving without it',
    });
  });

  it('are left behind when onStart does not end after a stop', async () => {
    class Stuck extends PeakFinder {
      onStart(): Promise<never> {
        return new Promise(() => undefined);
      }
    }
    const { worker, engine } = workerOf({ instance: new Stuck(), argv: ['--drain-timeout', '20ms'] });
    const started = worker.start();
    await new Promise(resolve => setImmediate(resolve));
    void worker.stop();
    await expect(started).rejects.toThrow(
      'PeakFinder.onStart has not ended within 20ms (--drain-timeout) of the stop: leaving without it',
    );
    expect(await worker.ended).toMatchObject({ outcome: 'failed', exitCode: 1 });
    expect(engine.told).toEqual([]);
  });

  it('make the run a failure when onStop throws', async () => {
    class Hooked extends PeakFinder {
      onStop(): Promise<never> {
        return Promise.reject(new Error('the disk is full'));
      }
    }
    const { worker, engine } = workerOf({ instance: new Hooked() });
    await worker.start();
    engine.end(drained);
    expect(await worker.ended).toMatchObject({ outcome: 'failed', exitCode: 1 });
  });

  it('are told to give up when the worker is stopped while onStart waits, and nothing is read', async () => {
    class Hooked extends PeakFinder {
      stopped = false;
      onStart({ signal }: StartContext): Promise<void> {
        return new Promise(resolve => signal.addEventListener('abort', () => resolve()));
      }
      onStop(): void {
        this.stopped = true;
      }
    }
    const instance = new Hooked();
    const { worker, engine } = workerOf({ instance });
    const started = worker.start();
    await new Promise(resolve => setImmediate(resolve));
    const stopped = worker.stop();
    await started;
    expect(await stopped).toMatchObject({ outcome: 'stopped', exitCode: 0 });
    expect(engine.told).toEqual([]);
    expect(instance.stopped).toBe(true);
  });

  it('may throw when they are told to give up, and the run is stopped like any other', async () => {
    class Hooked extends PeakFinder {
      readonly called: string[] = [];
      onStart({ signal }: StartContext): Promise<never> {
        this.called.push('onStart');
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('gave up')));
        });
      }
      onStop(): void {
        this.called.push('onStop');
      }
    }
    const instance = new Hooked();
    const { worker, engine, messages } = workerOf({ instance });
    const started = worker.start();
    await new Promise(resolve => setImmediate(resolve));
    void worker.stop();
    await started;
    expect(await worker.ended).toMatchObject({ outcome: 'stopped', exitCode: 0 });
    expect(messages()).toContain('PeakFinder.onStart threw after the worker was told to stop');
    expect(engine.told).toEqual([]);
    expect(instance.called).toEqual(['onStart']);
  });

  it('are not called when the worker is stopped before', async () => {
    const called: string[] = [];
    class Hooked extends PeakFinder {
      onStart(): void {
        called.push('onStart');
      }
      onStop(): void {
        called.push('onStop');
      }
    }
    const { worker, engine } = workerOf({ instance: new Hooked() });
    const started = worker.start();
    void worker.stop();
    await started;
    expect(await worker.ended).toMatchObject({ outcome: 'stopped', exitCode: 0 });
    expect(engine.told).toEqual([]);
    expect(called).toEqual([]);
  });

  it('are called at the end after calls that clean up when they are told to stop', async () => {
    const order: string[] = [];
    class CleaningUp {
      begun: () => void = () => undefined;
      async findPeaks(_file: DataFile, { signal }: { signal: AbortSignal }): Promise<void> {
        this.begun();
        await new Promise(resolve => signal.addEventListener('abort', resolve));
        for (let turn = 0; turn < 3; turn += 1) await new Promise(resolve => setImmediate(resolve));
        order.push('call ended');
      }
      onStop(): void {
        order.push('onStop');
      }
    }
    const instance = new CleaningUp();
    const { worker, engine } = workerOf({ instance });
    await worker.start();
    const begun = new Promise<void>(resolve => (instance.begun = resolve));
    engine.give(1);
    await begun;
    engine.end({ kind: 'failed', error: new Error('gone') });
    expect(await worker.ended).toMatchObject({ outcome: 'failed' });
    expect(order).toEqual(['call ended', 'onStop']);
  });

  it('must be methods', async () => {
    const instance = Object.assign(new PeakFinder(), { onStart: 5 });
    const { worker } = workerOf({ instance });
    await expect(worker.start()).rejects.toThrow(
      'PeakFinder.onStart must be a method, found number; choose another name for it',
    );
    await worker.ended;
  });
});

describe('events', () => {
  it('tell files, bad input and progress, until the listener is taken off', async () => {
    const { worker, engine } = workerOf({ instance: new PeakFinder() });
    const seen: string[] = [];
    const off = worker.on('file-done', ({ file }) => seen.push(`done ${file.path}`));
    worker.on('file-failed', ({ file }) => seen.push(`failed ${file.path}`));
    worker.on('bad-input', ({ offset }) => seen.push(`bad ${offset}`));
    worker.on('progress', ({ recordCount }) => seen.push(`progress ${recordCount}`));
    await worker.start();
    engine.listener.onReport(doneReport('a'));
    engine.listener.onReport(failedReport('b'));
    engine.listener.onReport(badInput(4));
    engine.listener.onProgress(progressOf({ recordCount: 3 }));
    off();
    engine.listener.onReport(doneReport('c'));
    expect(seen).toEqual(['done a', 'failed b', 'bad 4', 'progress 3']);
    engine.end(drained);
    await worker.ended;
  });

  it('are not disturbed by an asynchronous listener that throws', async () => {
    const { worker, engine, messages } = workerOf({ instance: new PeakFinder() });
    worker.on('file-done', async () => {
      await Promise.resolve();
      throw new Error('mine');
    });
    await worker.start();
    engine.listener.onReport(doneReport('a'));
    await new Promise(resolve => setImmediate(resolve));
    expect(messages()).toContain("a listener of 'file-done' threw");
    engine.end(drained);
    expect(await worker.ended).toMatchObject({ files: { done: 1 }, exitCode: 0 });
  });

  it('are not disturbed by a listener that throws', async () => {
    const { worker, engine, messages } = workerOf({ instance: new PeakFinder() });
    worker.on('file-done', () => {
      throw new Error('mine');
    });
    await worker.start();
    engine.listener.onReport(doneReport('a'));
    expect(messages()).toContain("a listener of 'file-done' threw");
    engine.end(drained);
    expect(await worker.ended).toMatchObject({ files: { done: 1 }, exitCode: 0 });
  });
});
