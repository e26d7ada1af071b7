import { FactLog, type Fact } from './facts.js';
import { busyMs, type Accident, type Plan } from './plan.js';
import { RandomStreams } from './random-streams.js';
import { Scheduler } from './scheduler.js';
import { SimulatedKafka, type World } from './simulated-kafka.js';
import { SimulatedWorker } from './simulated-worker.js';
import { makeTruth, type Truth } from './truth.js';
import { installVirtualTimers } from './virtual-timers.js';

export interface History {
  readonly plan: Plan;
  readonly truth: Truth;
  readonly facts: readonly Fact[];
}

const drainMs = 2_000;
/** Nothing happens for so long: it is over. Longer than any wait of the engine after a failure. */
const quietMs = 6_500;
const longestMs = 60_000;

/** Runs a plan from its beginning until nothing happens any more. The same plan gives the same history. */
export async function runHistory(plan: Plan): Promise<History> {
  const scheduler = new Scheduler();
  const restoreTimers = installVirtualTimers(scheduler);
  try {
    const simulation = new Simulation(plan, scheduler);
    await simulation.run();
    return { plan, truth: simulation.truth, facts: simulation.facts };
  } finally {
    restoreTimers();
  }
}

class Simulation {
  readonly truth: Truth;
  readonly #plan: Plan;
  readonly #scheduler: Scheduler;
  readonly #world: World;
  readonly #kafka: SimulatedKafka;
  readonly #log: FactLog;
  readonly #workers: SimulatedWorker[] = [];
  #incarnationCount = 0;
  #callCount = 0;

  constructor(plan: Plan, scheduler: Scheduler) {
    this.#plan = plan;
    this.#scheduler = scheduler;
    this.truth = makeTruth(plan);
    this.#log = new FactLog(() => scheduler.nowMs);
    this.#world = { scheduler, random: new RandomStreams(plan.seed), facts: this.#log };
    this.#kafka = new SimulatedKafka(this.#world, plan.partitionCount, plan.layout);
    for (const record of this.truth.records)
      scheduler.after(record.atMs, undefined, () => this.#kafka.append(record));
    for (let slot = 0; slot < plan.workerCount; slot += 1)
      scheduler.after(slot * 20, undefined, () => this.#startWorker(slot));
    for (const accident of plan.accidents)
      scheduler.after(accident.atMs, undefined, () => this.#happen(accident));
  }

  get facts(): readonly Fact[] {
    return this.#log.facts;
  }

  async run(): Promise<void> {
    const ends = this.#plan.accidents.map(({ atMs, forMs }) => atMs + forMs);
    const lastChunkMs = Math.max(0, ...this.truth.records.map(({ atMs }) => atMs));
    const busyUntilMs = Math.max(busyMs, lastChunkMs, ...ends) + 2_500;
    await this.#scheduler.run(busyUntilMs, () => false);
    let changeCount = -1;
    let quietSinceMs = 0;
    await this.#scheduler.run(longestMs, () => {
      const isBusy = this.#log.changeCount !== changeCount || !this.#workers.every(worker => worker.isQuiet);
      changeCount = this.#log.changeCount;
      if (isBusy) quietSinceMs = this.#scheduler.nowMs;
      return this.#scheduler.nowMs - quietSinceMs > quietMs;
    });
  }

  #startWorker(slot: number): void {
    this.#incarnationCount += 1;
    const { concurrency, budgetBytes, mode, delivery, layout, incompleteAfterMs, isBesieged } = this.#plan;
    const settings = {
      ...{ concurrency, budgetBytes, mode, delivery, layout, hasSlowCalls: isBesieged === true },
      ...(incompleteAfterMs === undefined ? {} : { incompleteAfterMs }),
      // Of whoever has all partitions, or each one's own.
      transactionalId: layout === 'scattered' ? 'all' : `slot-${slot}`,
    };
    const name = `w${slot}.${this.#incarnationCount}`;
    this.#workers[slot] = new SimulatedWorker(this.#kafka, name, settings, () => (this.#callCount += 1));
  }

  #happen({ kind, worker: number, forMs }: Accident): void {
    const slot = number % this.#plan.workerCount;
    const worker = this.#workers[slot];
    const kafka = this.#kafka;
    const during = (change: (isOn: boolean) => void): void => {
      change(true);
      this.#scheduler.after(forMs, undefined, () => change(false));
    };
    switch (kind) {
      case 'crash':
        return this.#replace(slot, forMs, 'crash');
      case 'stop':
        return this.#replace(slot, forMs, 'stop');
      case 'freeze':
        return worker?.freeze(forMs);
      case 'rebalance':
        return kafka.group.rebalance();
      case 'expel':
        return worker === undefined ? undefined : kafka.group.expel(worker.name);
      case 'lose-commit-answers':
        return during(isOn => (kafka.loses.commitAnswers = isOn));
      case 'lose-produce-answers':
        return during(isOn => (kafka.loses.produceAnswers = isOn));
      case 'outage':
        return during(isOn => (kafka.isDown = isOn));
      case 'retention':
        return kafka.retain(number % this.#plan.partitionCount, (forMs % 100) / 100);
      case 'move-offsets':
        return this.#moveOffsets(forMs);
    }
  }

  /** The worker ends, one way or the other, and another one takes its place after a while. */
  #replace(slot: number, afterMs: number, how: 'crash' | 'stop'): void {
    const worker = this.#workers[slot];
    if (worker === undefined) return;
    if (how === 'crash') worker.crash();
    else worker.stop(drainMs);
    const startNext = (): void => {
      if (this.#workers[slot] !== worker) return;
      if (how === 'stop' && !worker.hasEnded && !worker.isDead)
        this.#scheduler.after(100, undefined, startNext);
      else this.#startWorker(slot);
    };
    this.#scheduler.after(1 + afterMs, undefined, startNext);
  }

  /** Everybody is gone; then a tool puts the offsets elsewhere; then all come back. */
  #moveOffsets(forMs: number): void {
    for (let slot = 0; slot < this.#plan.workerCount; slot += 1) this.#replace(slot, forMs + 10, 'crash');
    this.#kafka.group.removeAll();
    this.#kafka.moveOffsets((forMs % 7) / 7, forMs % 2);
  }
}
