import { EngineRunner } from '../../src/engine/engine-runner.js';
import type { DiscardScope, EngineListener, EngineOptions } from '../../src/engine/engine.js';
import type { KafkaDriver } from '../../src/kafka/driver.js';
import type { FileOutcome, FileReady } from '../../src/processing/file-work.js';
import type { EventOwner } from './scheduler.js';
import { SimulatedConsumer } from './simulated-consumer.js';
import { sessionTimeoutMs } from './simulated-group.js';
import { SimulatedMember } from './simulated-member.js';
import type { SimulatedKafka } from './simulated-kafka.js';
import { SimulatedProducer } from './simulated-producer.js';
import { simulatedReads } from './simulated-reads.js';
import { SimulatedStorage } from './simulated-storage.js';

export interface WorkerSettings {
  readonly concurrency: number;
  readonly budgetBytes: number;
  readonly mode: 'memory' | 'disk' | 'both';
  readonly delivery: 'at-least-once' | 'exactly-once';
  readonly transactionalId: string;
  readonly layout: 'scattered' | 'by-file';
  /** Undefined: there is no state topic. */
  readonly incompleteAfterMs?: number;
  /** Each call takes longer than a session. */
  readonly hasSlowCalls: boolean;
}

/** Call ids are unique in a history, and the next one is given by whoever runs it. */
export type NextCallId = () => number;

/**
 * One process: the real engine runner on a simulated driver, and a user's method that takes a while and returns the file.
 * A crash is nothing but that none of its events runs any more; requests under way arrive all the same.
 */
export class SimulatedWorker implements EventOwner, EngineListener {
  readonly name: string;
  readonly #kafka: SimulatedKafka;
  readonly #settings: WorkerSettings;
  readonly #nextCallId: NextCallId;
  readonly #consumer: { port: SimulatedConsumer | undefined } = { port: undefined };
  readonly #producer: SimulatedProducer;
  readonly #runner: EngineRunner;
  #storage!: SimulatedStorage;
  readonly #queued: FileReady[] = [];
  readonly #running = new Map<number, FileReady>();
  /** Their first attempt failed; by work id. */
  readonly #backingOff = new Map<number, FileReady>();
  isDead = false;
  isFrozen = false;
  #frozenUntilMs = 0;
  hasEnded = false;

  constructor(kafka: SimulatedKafka, name: string, settings: WorkerSettings, nextCallId: NextCallId) {
    this.#kafka = kafka;
    this.name = name;
    this.#settings = settings;
    this.#nextCallId = nextCallId;
    this.#producer = new SimulatedProducer(kafka, name, this);
    const { scheduler, facts } = kafka.world;
    // Its timers are its own.
    scheduler.owner = this;
    this.#runner = new EngineRunner(
      { ...engineOptions(settings), runId: name },
      this,
      this.#driver(),
      ([, handlers]) => {
        this.#storage = new SimulatedStorage(kafka.world, this, name, handlers);
        return this.#storage;
      },
    );
    scheduler.owner = undefined;
    void this.#runner.ended.then(({ kind, ...rest }) => {
      this.hasEnded = true;
      const how = 'error' in rest ? `${kind}: ${String(rest.error.stack)}` : kind;
      facts.add({ kind: 'worker-ended', worker: name, how, wasOwner: this.#wasOwner });
    });
  }

  #wasOwner = false;

  /** Nothing is under way in it that would happen by itself. */
  get isQuiet(): boolean {
    const { size } = this.#backingOff;
    return this.#queued.length + this.#running.size + size + this.#producer.openCount === 0;
  }

  crash(): void {
    if (this.isDead || this.hasEnded) return;
    this.isDead = true;
    this.#kafka.world.facts.add({ kind: 'worker-killed', worker: this.name });
    this.#kafka.group.watchSession(this.name);
  }

  /** As SIGSTOP and SIGCONT do. */
  freeze(forMs: number): void {
    const { scheduler } = this.#kafka.world;
    this.isFrozen = true;
    this.#frozenUntilMs = Math.max(this.#frozenUntilMs, scheduler.nowMs + forMs);
    this.#kafka.group.watchSession(this.name);
    scheduler.after(forMs, undefined, () => {
      // It may have been frozen once more meanwhile.
      if (scheduler.nowMs < this.#frozenUntilMs) return;
      this.isFrozen = false;
      scheduler.thaw(this);
    });
  }

  /** SIGTERM, and the deadline of the drain. */
  stop(drainMs: number): void {
    const { scheduler } = this.#kafka.world;
    scheduler.after(0, this, () => this.#runner.stop());
    scheduler.after(drainMs, this, () => {
      if (!this.hasEnded) this.#runner.abandon();
    });
  }

  onFileReady(file: FileReady): void {
    const { random } = this.#kafka.world;
    if (random.chance(`attempts ${this.name}`, 0.1)) return this.#backOff(file);
    this.#queued.push(file);
    this.#startNext();
  }

  /** The first attempt fails, and others may have its place until the next one. */
  #backOff(file: FileReady): void {
    const { random, scheduler } = this.#kafka.world;
    const { workId } = file;
    this.#backingOff.set(workId, file);
    scheduler.after(0, this, () => this.#runner.backOff(workId, true));
    scheduler.after(random.whole(`attempts ${this.name}`, 1, 2_000), this, () => {
      if (!this.#backingOff.delete(workId)) return;
      this.#runner.backOff(workId, false);
      this.#queued.push(file);
      this.#startNext();
    });
  }

  onDiscard(scope: DiscardScope): void {
    const isMeant = ({ workId }: FileReady): boolean => typeof scope === 'string' || scope.includes(workId);
    for (const file of this.#queued.splice(0)) {
      if (isMeant(file)) this.#settle(file, { kind: 'discarded' }, 1);
      else this.#queued.push(file);
    }
    for (const [workId, file] of this.#backingOff) {
      if (!isMeant(file)) continue;
      this.#backingOff.delete(workId);
      this.#settle(file, { kind: 'discarded' }, 1);
    }
    if (scope === 'queued') return;
    // Half of the methods heed their signal; the others go on and answer too late.
    for (const [callId, file] of this.#running) {
      if (callId % 2 !== 0 || !isMeant(file)) continue;
      this.#running.delete(callId);
      this.#settle(file, { kind: 'discarded' }, 1);
    }
  }

  onReport(): void {}
  onProgress(): void {}
  onLog(): void {}
  onContent(): void {}

  #startNext(): void {
    while (this.#running.size < this.#settings.concurrency) {
      const file = this.#queued.shift();
      if (file === undefined) return;
      this.#run(file);
    }
  }

  #run(file: FileReady): void {
    const { facts, scheduler } = this.#kafka.world;
    const callId = this.#nextCallId();
    const { path, sha512 } = file.info;
    const bytes =
      file.bytes === undefined
        ? this.#storage.read(file.storedAt!, file.size)
        : Buffer.from(file.bytes.slice(0, file.size));
    this.#running.set(callId, file);
    facts.add({
      kind: 'started',
      worker: this.name,
      callId,
      content: { path, sha512, bytes, resultId: file.resultId },
    });
    const takesMs = this.#takesMs();
    scheduler.after(takesMs, this, () => {
      facts.add({ kind: 'ended', worker: this.name, callId });
      if (!this.#running.delete(callId)) return this.#startNext();
      const headers = { 'file-path': path, sha512, 'result-id': file.resultId, 'call-id': String(callId) };
      const message = { topic: 'results', key: null, value: bytes, headers };
      this.#settle(file, { kind: 'done', messages: [message] }, 0);
      this.#startNext();
    });
  }

  #takesMs(): number {
    const { random } = this.#kafka.world;
    const stream = `method ${this.name}`;
    if (this.#settings.hasSlowCalls) return random.whole(stream, sessionTimeoutMs, 3 * sessionTimeoutMs);
    return random.chance(stream, 0.2) ? random.whole(stream, 100, 1_500) : random.whole(stream, 0, 30);
  }

  #settle({ workId }: FileReady, outcome: FileOutcome, delayMs: number): void {
    const settled = { workId, outcome, attempts: 1, processingMs: 1 };
    this.#kafka.world.scheduler.after(delayMs, this, () => this.#runner.settle(settled));
  }

  #driver(): KafkaDriver {
    return {
      consumer: (_options, handlers) => {
        const { delivery, transactionalId } = this.#settings;
        const port = new SimulatedConsumer(this.#kafka, handlers, this.name, this);
        if (delivery === 'exactly-once')
          port.transactions = new SimulatedMember(this.#kafka, this.name, this, transactionalId);
        const stop = port.stop.bind(port);
        port.stop = () => {
          this.#wasOwner = port.isOwner;
          return stop();
        };
        return (this.#consumer.port = port);
      },
      producer: () => this.#producer,
      connectionTrouble: () => undefined,
      ...simulatedReads(this.#kafka, this.name, this),
    };
  }
}

function engineOptions({
  concurrency,
  budgetBytes,
  mode,
  delivery,
  layout,
  incompleteAfterMs,
}: WorkerSettings): EngineOptions {
  return {
    name: 'Copy',
    options: {
      connection: {
        clientId: 'simulation',
        brokers: [],
        connectionTimeoutMs: 1_000,
        requestTimeoutMs: 1_000,
      },
      consumeTopic: 'chunks',
      produceTopic: 'results',
      groupId: 'simulation',
      startFrom: 'earliest',
      sessionTimeoutMs,
      heartbeatIntervalMs: 100,
      rebalanceTimeoutMs: 1_000,
      metadataMaxAgeMs: 60_000,
      chunkBytes: 20,
      maxBytesPerPartition: 1_000,
      maxBytes: 1_000,
      maxWaitMs: 100,
      concurrency,
      attempts: 1,
      backoffMs: 0,
      delivery,
      placement: layout,
      mode,
      outputDir: '/nowhere',
      memoryBudgetBytes: budgetBytes,
      limits: {
        maxFileBytes: 2 ** 40,
        maxChunkCount: 1_000,
        maxChunkBytes: 1_000,
        maxOpenFiles: 1_000,
        maxPathBytes: 1_000,
      },
      drainTimeoutMs: 3_000,
      ...(incompleteAfterMs === undefined ? {} : { stateTopic: 'states' }),
      incompleteAfterMs: incompleteAfterMs ?? 86_400_000,
      compression: 'none',
      logLevel: 'silent',
      logFileLevel: 'silent',
    },
  };
}
