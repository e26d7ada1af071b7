import { syncBuiltinESMExports } from 'node:module';
import timersPromises from 'node:timers/promises';
import type { Scheduler } from './scheduler.js';

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  Date: globalThis.Date,
  delay: timersPromises.setTimeout,
};

/** What the wall clock shows when a history begins: milliseconds since 1970. */
export const virtualOriginMs = Date.UTC(2026, 0, 1);

/** A timer of the virtual time; what `setTimeout` returns while it is in force. */
class VirtualTimer {
  isCleared = false;
  unref(): this {
    return this;
  }
  ref(): this {
    return this;
  }
}

/**
 * Puts the timers and the clock that the engine uses under the scheduler, so that waiting costs nothing and a run can be
 * repeated. Each timer belongs to the worker whose event set it.
 *
 * @returns puts the real ones back
 */
export function installVirtualTimers(scheduler: Scheduler): () => void {
  const start = (run: () => void, delayMs = 0, repeats = false): VirtualTimer => {
    const timer = new VirtualTimer();
    const { owner } = scheduler;
    const fire = (): void => {
      if (timer.isCleared) return;
      run();
      if (repeats) scheduler.after(delayMs, owner, fire);
    };
    scheduler.after(delayMs, owner, fire);
    return timer;
  };
  const clear = (timer: unknown): void => {
    if (timer instanceof VirtualTimer) timer.isCleared = true;
  };
  Object.assign(globalThis, {
    setTimeout: (run: () => void, delayMs?: number) => start(run, delayMs),
    setInterval: (run: () => void, delayMs?: number) => start(run, delayMs, true),
    clearTimeout: clear,
    clearInterval: clear,
    Date: virtualDate(scheduler),
  });
  Object.assign(timersPromises, { setTimeout: virtualDelay(start, clear) });
  syncBuiltinESMExports();
  Object.defineProperty(performance, 'now', { configurable: true, value: () => scheduler.nowMs });
  Object.defineProperty(performance, 'timeOrigin', { configurable: true, value: virtualOriginMs });
  return restoreTimers;
}

function virtualDate(scheduler: Scheduler): DateConstructor {
  const now = (): number => virtualOriginMs + Math.floor(scheduler.nowMs);
  return new Proxy(real.Date, {
    get: (target, name, receiver) =>
      name === 'now' ? now : (Reflect.get(target, name, receiver) as unknown),
    construct: (target, given) =>
      given.length === 0 ? new target(now()) : (Reflect.construct(target, given) as Date),
  });
}

function virtualDelay(
  start: (run: () => void, delayMs?: number) => VirtualTimer,
  clear: (timer: unknown) => void,
) {
  return (delayMs: number, value: unknown, options: { signal?: AbortSignal } = {}): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const timer = start(() => {
        options.signal?.removeEventListener('abort', abort);
        resolve(value);
      }, delayMs);
      const abort = (): void => {
        clear(timer);
        reject(new Error('aborted'));
      };
      if (options.signal?.aborted === true) abort();
      else options.signal?.addEventListener('abort', abort, { once: true });
    });
}

function restoreTimers(): void {
  const { delay, ...timers } = real;
  Object.assign(globalThis, timers);
  Object.assign(timersPromises, { setTimeout: delay });
  syncBuiltinESMExports();
  Reflect.deleteProperty(performance, 'now');
  Reflect.deleteProperty(performance, 'timeOrigin');
}
