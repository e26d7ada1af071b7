import type { OffsetToCommit, OutgoingRecord } from '../../src/kafka/driver.js';
import type { SimulatedKafka, World } from './simulated-kafka.js';
import type { SimulatedResult } from './simulated-producer.js';
import { asText, type AppendedStates } from './simulated-state-topic.js';

/** Who sends something in a transaction. */
export interface TransactionalSender {
  readonly transactionalId: string;
  readonly epoch: number;
  readonly worker: string;
}

interface Transaction {
  readonly epoch: number;
  readonly worker: string;
  readonly offsets: Map<number, OffsetToCommit>;
  readonly results: SimulatedResult[];
  readonly states: OutgoingRecord[];
  readonly appended: AppendedStates[];
  /** `preparing`: it is decided, and the marks that say so are being written. */
  state: 'ongoing' | 'preparing';
}

/** One that nobody ends is given up after so long. */
const timeoutMs = 2_000;

/** Kafka's name of an error, as kafkajs puts it on errors. */
export function kafkaError(type: string): Error {
  return Object.assign(new Error(type), { name: 'KafkaJSProtocolError', type });
}

/** The transaction coordinator: epochs of producers, what is undecided, and what becomes of it. */
export class SimulatedTransactions {
  readonly #kafka: SimulatedKafka;
  readonly #world: World;
  readonly #epochs = new Map<string, number>();
  readonly #open = new Map<string, Transaction>();

  constructor(kafka: SimulatedKafka, world: World) {
    this.#kafka = kafka;
    this.#world = world;
  }

  /** Shuts the last producer with this id out and gives up what it left undecided. @returns the epoch of the new one */
  initialise(transactionalId: string): number {
    const left = this.#open.get(transactionalId);
    const epoch = this.raisedEpoch(this.#epochs.get(transactionalId) ?? 0);
    if (left?.state === 'ongoing') {
      this.#epochs.set(transactionalId, epoch);
      this.#decide(transactionalId, left, false);
    }
    // Its marks are being written: the new producer has to ask again.
    if (left !== undefined) throw kafkaError('CONCURRENT_TRANSACTIONS');
    this.#epochs.set(transactionalId, epoch);
    return epoch;
  }

  raisedEpoch(epoch: number): number {
    return epoch + 1;
  }

  addOffsets(sender: TransactionalSender, offsets: readonly OffsetToCommit[]): void {
    const transaction = this.#transactionOf(sender);
    for (const offset of offsets) transaction.offsets.set(offset.partition, offset);
  }

  addResults(
    sender: TransactionalSender,
    results: readonly SimulatedResult[],
    states: readonly OutgoingRecord[],
  ): void {
    const transaction = this.#transactionOf(sender);
    transaction.results.push(...results);
    transaction.states.push(...states);
    transaction.appended.push(this.#kafka.states.append(states, false));
  }

  /** That it is decided is answered before everybody can see it. */
  end({ transactionalId, epoch }: TransactionalSender, commits: boolean): void {
    this.#checkEpoch(transactionalId, epoch);
    const transaction = this.#open.get(transactionalId);
    if (transaction?.state === 'ongoing') this.#decide(transactionalId, transaction, commits);
  }

  /** Whether what is committed of the partition depends on a transaction that is undecided. */
  isUnstable(partition: number): boolean {
    return [...this.#open.values()].some(({ offsets }) => offsets.has(partition));
  }

  #transactionOf({ transactionalId, epoch, worker }: TransactionalSender): Transaction {
    this.#checkEpoch(transactionalId, epoch);
    const open = this.#open.get(transactionalId);
    if (open?.state === 'preparing') throw kafkaError('CONCURRENT_TRANSACTIONS');
    if (open !== undefined) return open;
    const begun: Transaction = {
      epoch,
      worker,
      offsets: new Map(),
      results: [],
      states: [],
      appended: [],
      state: 'ongoing',
    };
    this.#open.set(transactionalId, begun);
    this.#world.scheduler.after(timeoutMs, undefined, () => {
      if (this.#open.get(transactionalId) !== begun || begun.state !== 'ongoing') return;
      this.#epochs.set(transactionalId, this.raisedEpoch(begun.epoch));
      this.#decide(transactionalId, begun, false);
    });
    return begun;
  }

  #checkEpoch(transactionalId: string, epoch: number): void {
    if (epoch !== this.#epochs.get(transactionalId)) throw kafkaError('INVALID_PRODUCER_EPOCH');
  }

  #decide(transactionalId: string, transaction: Transaction, commits: boolean): void {
    const { random, scheduler } = this.#world;
    transaction.state = 'preparing';
    const isSlow = random.chance('marks', 0.05);
    // The marks of different topics are written in any order.
    const { appended, worker, states } = transaction;
    for (const records of appended) records.decide(commits);
    if (commits) this.#world.facts.add({ kind: 'transaction-decided', worker, states: states.map(asText) });
    const isStateSlow = random.chance('state marks', 0.05);
    scheduler.after(random.whole('state marks', 0, isStateSlow ? 900 : 40), undefined, () =>
      appended.forEach(records => records.mark(commits)),
    );
    scheduler.after(random.whole('marks', 0, isSlow ? 900 : 40), undefined, () => {
      this.#open.delete(transactionalId);
      if (!commits) return;
      const { results, offsets } = transaction;
      this.#kafka.states.tell(worker, states);
      for (const { callId, content } of results) this.#kafka.result(worker, callId, content);
      this.#kafka.commitTransaction(worker, [...offsets.values()]);
    });
  }
}
