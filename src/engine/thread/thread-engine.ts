import { Worker } from 'node:worker_threads';
import { BrokerError, ProcessorError } from '../../errors.js';
import type { ContentRequest } from '../../processing/content/content-messages.js';
import type { FileSettled } from '../../processing/file-work.js';
import { memoryOf } from '../../processing/outgoing-memory.js';
import type { Engine, EngineEnd, EngineListener, EngineOptions } from '../engine.js';
import { isSmallBudget } from '../small-budget.js';
import type { ClonedEngineEnd, EngineThreadData, FromEngine, ToEngine } from './thread-messages.js';

/**
 * V8 lets buffers that died young be, up to four thirds of this and more, before it collects them. Only where the memory budget is
 * small: it collects more often.
 */
const smallYoungGeneration = { maxYoungGenerationSizeMb: 6 };

/** The engine in a thread of its own, as the user's thread sees it. */
export class ThreadEngine implements Engine {
  readonly ended: Promise<EngineEnd>;
  readonly #worker: Worker;

  constructor(options: EngineOptions, listener: EngineListener) {
    const data: EngineThreadData = options;
    this.#worker = new Worker(new URL('./engine-thread.js', import.meta.url), {
      workerData: data,
      name: 'kafka-reproducer engine',
      // Not the flags of the program: a loader or an inspector meant for it has no business in this thread.
      execArgv: [],
      ...(isSmallBudget(options.options.memoryBudgetBytes) ? { resourceLimits: smallYoungGeneration } : {}),
    });
    this.ended = new Promise(resolve => {
      this.#worker.on('message', (messages: readonly FromEngine[]) => {
        for (const message of messages) {
          if (message.kind === 'ended') resolve(fromClone(message.end));
          else deliver(message, listener);
        }
      });
      this.#worker.on('error', error => resolve({ kind: 'failed', error }));
      this.#worker.on('exit', code => {
        const error = new Error(`the engine's thread ended with code ${code} before its work`);
        resolve({ kind: 'failed', error });
      });
    });
  }

  settle(settled: FileSettled): void {
    const { outcome } = settled;
    this.#post({ kind: 'settled', settled }, outcome.kind === 'done' ? memoryOf(outcome.messages) : []);
  }

  backOff(workId: number, isBackingOff: boolean): void {
    this.#post({ kind: 'backing-off', workId, isBackingOff });
  }

  content(request: ContentRequest): void {
    this.#post({ kind: 'content', request });
  }

  keepLogLine(line: string): void {
    this.#post({ kind: 'log-line', line });
  }

  stop(): void {
    this.#post({ kind: 'stop' });
  }

  abandon(): void {
    this.#post({ kind: 'abandon' });
  }

  #post(message: ToEngine, transfer: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, transfer);
  }
}

function deliver(message: Exclude<FromEngine, { kind: 'ended' }>, listener: EngineListener): void {
  switch (message.kind) {
    case 'file-ready':
      return listener.onFileReady(message.file);
    case 'discard':
      return listener.onDiscard(message.scope, message.reason);
    case 'report':
      return listener.onReport(message.report);
    case 'progress':
      return listener.onProgress(message.progress);
    case 'log':
      return listener.onLog(message.line);
    case 'content':
      return listener.onContent(message.answer);
  }
}

function fromClone(end: ClonedEngineEnd): EngineEnd {
  if (end.kind !== 'failed') return end;
  const { message, isProcessor } = end;
  const error = isProcessor ? new ProcessorError(message) : new BrokerError(message, { retriable: false });
  return { kind: 'failed', error };
}
