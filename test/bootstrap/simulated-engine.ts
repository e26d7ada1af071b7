import type { Engine, EngineEnd, EngineListener, EngineOptions } from '../../src/engine/engine.js';
import type { PreparedRun } from '../../src/bootstrap/prepare-run.js';
import { ReproducerWorker } from '../../src/bootstrap/reproducer-worker.js';
import type { StartEngine } from '../../src/engine/start-engine.js';
import type { FileReady, FileSettled } from '../../src/processing/file-work.js';
import type { ReproducerDefinition } from '../../src/definition/reproducer-definition.js';
import { definitionOf, resolve } from '../config/resolve.js';
import { fileInfo, recordingLogger } from '../observe/reports.js';

/** An engine that a test drives by hand: it notes what it is told, and ends when the test says so. */
export class SimulatedEngine implements Engine {
  readonly settled: FileSettled[] = [];
  readonly told: string[] = [];
  readonly ended: Promise<EngineEnd>;
  listener!: EngineListener;
  options!: EngineOptions;
  #end!: (end: EngineEnd) => void;
  #onSettled: (() => void) | undefined;

  constructor() {
    this.ended = new Promise(end => (this.#end = end));
  }

  readonly start: StartEngine = (options, listener) => {
    this.told.push('start');
    this.options = options;
    this.listener = listener;
    return this;
  };

  settle(settled: FileSettled): void {
    this.settled.push(settled);
    this.#onSettled?.();
  }

  backOff(): void {}

  content(): void {}

  keepLogLine(): void {}

  stop(): void {
    this.told.push('stop');
  }

  abandon(): void {
    this.told.push('abandon');
  }

  end(end: EngineEnd): void {
    this.#end(end);
  }

  /** Hands a file over. */
  give(workId: number, path = `file-${workId}`): void {
    const bytes = new TextEncoder().encode('content');
    const ready: FileReady = {
      workId,
      info: fileInfo(path),
      bytes: bytes.buffer,
      size: bytes.length,
      resultId: `id-${workId}`,
    };
    this.listener.onFileReady(ready);
  }

  /** Resolves when so many files are settled. */
  async settledCount(count: number): Promise<readonly FileSettled[]> {
    while (this.settled.length < count) await new Promise<void>(done => (this.#onSettled = done));
    return this.settled;
  }
}

interface Situation {
  readonly instance: object;
  readonly definition?: Partial<ReproducerDefinition>;
  readonly argv?: string[];
  readonly prepare?: () => Promise<PreparedRun>;
}

/** A worker on a simulated engine. */
export function workerOf({ instance, definition, argv = [], prepare }: Situation) {
  const engine = new SimulatedEngine();
  const log = recordingLogger();
  const full = definitionOf(definition);
  const configuration = resolve({ definition: full, instance, argv: ['--brokers', 'localhost:1', ...argv] });
  const run = { definition: full, instance, configuration, logger: log.logger, isForPeople: false };
  const worker = new ReproducerWorker({
    name: full.name,
    prepare: prepare ?? (() => Promise.resolve(run)),
    loadEngine: () => Promise.resolve(engine.start),
  });
  const states: string[] = [];
  worker.on('state', state => states.push(state));
  return { worker, engine, states, ...log };
}
