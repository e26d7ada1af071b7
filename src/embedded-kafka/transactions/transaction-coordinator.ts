import { type Clock } from '../clock.js';
import { type GroupCoordinator } from '../groups/group-coordinator.js';
import { type TransactionResult } from '../protocol/control-batch.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type TopicStore } from '../topics/topic-store.js';
import { endTransaction } from './end-transaction.js';
import { Transaction, type ProducerIdentity, type TransactionPartition } from './transaction.js';

/** Who sends a transactional request. */
export interface TransactionalProducer extends ProducerIdentity {
  readonly transactionalId: string;
}

export interface InitRequest {
  readonly transactionalId: string;
  readonly timeoutMs: number;
  /** Given by a producer that goes on after an error. */
  readonly former: ProducerIdentity | undefined;
}

interface Participants {
  readonly topics: TopicStore;
  readonly groups: GroupCoordinator;
  newProducerId(): bigint;
}

/**
 * All transactional ids of the broker: who may use each, and which transaction is open.
 *
 * The rules and their order are those of Kafka's transaction coordinator for clients without `transaction.version` 2:
 * partitions and groups are added by request, and an epoch lives until the next InitProducerId.
 */
export class TransactionCoordinator {
  private readonly transactions = new Map<string, Transaction>();
  private areMarkersHeld = false;

  constructor(
    private readonly clock: Clock,
    private readonly participants: Participants,
    private readonly maxTimeoutMs: number,
  ) {}

  all(): Transaction[] {
    return [...this.transactions.values()];
  }

  get(transactionalId: string): Transaction | undefined {
    return this.transactions.get(transactionalId);
  }

  /**
   * Makes the caller the only producer of a transactional id. An open transaction of the one before is aborted first,
   * and the caller told to come again (CONCURRENT_TRANSACTIONS), as in Kafka.
   */
  init({ transactionalId, timeoutMs, former }: InitRequest): ProducerIdentity | ErrorCode {
    if (transactionalId === '') return errorCodes.INVALID_REQUEST;
    if (timeoutMs <= 0 || timeoutMs > this.maxTimeoutMs) return errorCodes.INVALID_TRANSACTION_TIMEOUT;
    const transaction = this.getOrCreate(transactionalId);
    if (former !== undefined && !transaction.knows(former)) return errorCodes.PRODUCER_FENCED;
    if (isPreparing(transaction)) return errorCodes.CONCURRENT_TRANSACTIONS;
    if (transaction.state === 'Ongoing') {
      this.abortAndFence(transaction);
      return errorCodes.CONCURRENT_TRANSACTIONS;
    }
    const isCurrent = former === undefined || former.producerEpoch === transaction.producerEpoch;
    if (transaction.isExhausted && isCurrent) {
      transaction.changeProducerId(this.participants.newProducerId(), former);
    } else if (!transaction.bumpEpoch(former)) {
      return errorCodes.PRODUCER_FENCED;
    }
    transaction.timeoutMs = timeoutMs;
    const { producerId, producerEpoch } = transaction;
    return { producerId, producerEpoch };
  }

  /** Adds partitions to the producer's transaction, which opens it if need be. */
  addPartitions(producer: TransactionalProducer, added: readonly TransactionPartition[]): ErrorCode {
    const transaction = this.findToAdd(producer);
    if (typeof transaction === 'number') return transaction;
    this.open(transaction);
    for (const partition of added) transaction.addPartition(partition);
    return errorCodes.NONE;
  }

  /** Adds a group whose offsets the producer's transaction will commit, which opens it if need be. */
  addGroup(producer: TransactionalProducer, groupId: string): ErrorCode {
    const transaction = this.findToAdd(producer);
    if (typeof transaction === 'number') return transaction;
    this.open(transaction);
    transaction.groups.add(groupId);
    return errorCodes.NONE;
  }

  /** Ends the producer's transaction. The same end once more is no error: the answer may have been lost. */
  end(producer: TransactionalProducer, result: TransactionResult): ErrorCode {
    const transaction = this.find(producer);
    if (typeof transaction === 'number') return transaction;
    const { state } = transaction;
    if (state === 'Ongoing') {
      this.prepareEnd(transaction, result);
      return errorCodes.NONE;
    }
    const [prepared, complete] =
      result === 'commit' ? ['PrepareCommit', 'CompleteCommit'] : ['PrepareAbort', 'CompleteAbort'];
    if (state === complete) return errorCodes.NONE;
    return state === prepared ? errorCodes.CONCURRENT_TRANSACTIONS : errorCodes.INVALID_TXN_STATE;
  }

  /** Whether the producer may write records of its transaction to a partition. */
  checkPartition(producer: TransactionalProducer, topic: string, partition: number): ErrorCode {
    return this.checkAdded(producer, transaction => transaction.hasPartition(topic, partition));
  }

  /** Whether the producer may commit offsets of a group in its transaction. */
  checkGroup(producer: TransactionalProducer, groupId: string): ErrorCode {
    return this.checkAdded(producer, transaction => transaction.groups.has(groupId));
  }

  /** Fences the producer with this id and aborts its open transaction. @returns its next epoch, if there is one */
  fence(producerId: bigint): number | undefined {
    const transaction = this.all().find(other => other.producerId === producerId);
    if (transaction === undefined) return undefined;
    if (transaction.state === 'Ongoing') this.abortAndFence(transaction);
    else transaction.fence();
    return transaction.producerEpoch;
  }

  /** Lets transactions that end stay in PrepareCommit or PrepareAbort until `releaseMarkers`. */
  holdMarkers(): void {
    this.areMarkersHeld = true;
  }

  releaseMarkers(): void {
    this.areMarkersHeld = false;
    for (const transaction of this.transactions.values()) {
      if (isPreparing(transaction)) this.complete(transaction);
    }
  }

  /** Stops all timers: the broker goes away. */
  suspend(): void {
    for (const { timer } of this.transactions.values()) timer?.cancel();
  }

  /** Goes on after `suspend`; the time that has passed meanwhile counts, as in Kafka. */
  resume(): void {
    for (const transaction of this.transactions.values()) {
      if (transaction.state === 'Ongoing') this.startTimer(transaction);
    }
  }

  private getOrCreate(transactionalId: string): Transaction {
    let transaction = this.transactions.get(transactionalId);
    if (transaction === undefined) {
      transaction = new Transaction(transactionalId, this.participants.newProducerId());
      this.transactions.set(transactionalId, transaction);
    }
    return transaction;
  }

  private find({
    transactionalId,
    producerId,
    producerEpoch,
  }: TransactionalProducer): Transaction | ErrorCode {
    if (transactionalId === '') return errorCodes.INVALID_REQUEST;
    const transaction = this.transactions.get(transactionalId);
    if (transaction?.producerId !== producerId) return errorCodes.INVALID_PRODUCER_ID_MAPPING;
    return producerEpoch === transaction.producerEpoch ? transaction : errorCodes.PRODUCER_FENCED;
  }

  private findToAdd(producer: TransactionalProducer): Transaction | ErrorCode {
    const transaction = this.find(producer);
    if (typeof transaction === 'number') return transaction;
    return isPreparing(transaction) ? errorCodes.CONCURRENT_TRANSACTIONS : transaction;
  }

  private checkAdded(
    producer: TransactionalProducer,
    isAdded: (transaction: Transaction) => boolean,
  ): ErrorCode {
    const transaction = this.findToAdd(producer);
    if (transaction === errorCodes.PRODUCER_FENCED) return errorCodes.INVALID_PRODUCER_EPOCH;
    if (typeof transaction === 'number') return transaction;
    return isAdded(transaction) ? errorCodes.NONE : errorCodes.INVALID_TXN_STATE;
  }

  private open(transaction: Transaction): void {
    if (transaction.state === 'Ongoing') return;
    transaction.state = 'Ongoing';
    transaction.startedMs = this.clock.now();
    this.startTimer(transaction);
  }

  private startTimer(transaction: Transaction): void {
    const leftMs = transaction.startedMs + transaction.timeoutMs - this.clock.now();
    transaction.timer = this.clock.startTimer(Math.max(0, leftMs), () => {
      transaction.expire();
      this.prepareEnd(transaction, 'abort');
    });
  }

  private abortAndFence(transaction: Transaction): void {
    transaction.fence();
    this.prepareEnd(transaction, 'abort');
  }

  private prepareEnd(transaction: Transaction, result: TransactionResult): void {
    transaction.timer?.cancel();
    transaction.state = result === 'commit' ? 'PrepareCommit' : 'PrepareAbort';
    if (!this.areMarkersHeld) this.complete(transaction);
  }

  private complete(transaction: Transaction): void {
    endTransaction(transaction, this.participants, this.clock.now());
  }
}

function isPreparing({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort';
}
