import { types } from 'node:util';
import type { EngineProgress } from '../engine/engine.js';
import type { EngineReport } from '../engine/reports.js';
import type { Logger } from '../logger.js';

/** `draining`: told to stop, or nothing left to do; running calls may still end. */
export type WorkerState = 'created' | 'running' | 'draining' | 'stopped' | 'failed';

/** What listeners get, by event. */
export interface WorkerEvents {
  readonly state: WorkerState;
  readonly 'file-done': EngineReport & { kind: 'file-done' };
  readonly 'file-failed': EngineReport & { kind: 'file-failed' };
  readonly 'bad-input': EngineReport & { kind: 'bad-input' };
  /** About once a second. */
  readonly progress: EngineProgress;
}

/** Keeps listeners from breaking the worker: what one throws is logged. */
export class WorkerEmitter {
  readonly #listeners = new Map<keyof WorkerEvents, Set<(value: never) => unknown>>();

  /** @returns ends the subscription */
  on<K extends keyof WorkerEvents>(event: K, listener: (value: WorkerEvents[K]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  emit<K extends keyof WorkerEvents>(event: K, value: WorkerEvents[K], logger: Logger | undefined): void {
    const onError = (error: unknown): void => {
      logger?.error({ err: error }, `a listener of '${event}' threw`);
    };
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        const returned: unknown = listener(value as never);
        // One that is `async` rejects instead.
        if (types.isPromise(returned)) returned.catch(onError);
      } catch (error) {
        onError(error);
      }
    }
  }

  emitReport(report: EngineReport, logger: Logger): void {
    if (report.kind === 'file-done') this.emit('file-done', report, logger);
    else if (report.kind === 'file-failed') this.emit('file-failed', report, logger);
    else if (report.kind === 'bad-input') this.emit('bad-input', report, logger);
  }
}
