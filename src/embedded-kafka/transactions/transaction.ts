import { type Timer } from '../clock.js';

/**
 * States of a transactional id, by Kafka's names.
 *
 * ```
 * Empty, Complete* -> Ongoing: a partition or a group is added      Ongoing -> Prepare*: the end is decided
 * Prepare* -> Complete*: the markers are written                     any but Ongoing, Prepare* -> Empty: a new epoch
 * ```
 */
export const transactionStates = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
] as const;
export type TransactionState = (typeof transactionStates)[number];

export interface TransactionPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The id and epoch that a producer works with. */
export interface ProducerIdentity {
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

const none = -1;
const lastEpoch = 32_767;
/** The last epoch is kept for fencing. */
const lastUsableEpoch = lastEpoch - 1;

/** What the coordinator knows of one transactional id: who may use it, and what its open transaction touches. */
export class Transaction {
  state: TransactionState = 'Empty';
  producerEpoch = none;
  timeoutMs = 0;
  /** By topic and partition. */
  readonly partitions = new Map<string, TransactionPartition>();
  readonly groups = new Set<string>();
  startedMs = none;
  /** Fires when the open transaction has lasted too long. */
  timer: Timer | undefined;
  private lastProducerId = -1n;
  private lastProducerEpoch = none;

  constructor(
    readonly transactionalId: string,
    public producerId: bigint,
  ) {}

  /** Whether the present epoch is the last one that a producer may have. */
  get isExhausted(): boolean {
    return isExhausted(this.producerEpoch);
  }

  /** Whether a producer that says who it was may go on: it has, or had until its epochs were used up, this id. */
  knows({ producerId, producerEpoch }: ProducerIdentity): boolean {
    return (
      this.producerEpoch === none ||
      producerId === this.producerId ||
      (producerId === this.lastProducerId && isExhausted(producerEpoch))
    );
  }

  /**
   * Gives the next epoch of the same producer id.
   *
   * @param former - the producer that asks for it to go on after an error. A repeat of a request that was answered is
   *   given the same epoch once more.
   * @returns false when a newer producer has taken over
   */
  bumpEpoch(former: ProducerIdentity | undefined): boolean {
    const { producerEpoch: epoch } = this;
    if (former === undefined || epoch === none || former.producerEpoch === epoch) {
      this.lastProducerEpoch = former === undefined ? none : epoch;
      this.producerEpoch = epoch + 1;
    } else if (former.producerEpoch !== this.lastProducerEpoch) {
      return false;
    }
    this.state = 'Empty';
    return true;
  }

  /** Starts again with epoch 0 of another producer id. */
  changeProducerId(producerId: bigint, former: ProducerIdentity | undefined): void {
    this.lastProducerId = this.producerId;
    this.lastProducerEpoch = former === undefined ? none : this.producerEpoch;
    this.producerId = producerId;
    this.producerEpoch = 0;
    this.state = 'Empty';
  }

  /** Takes the producer's epoch away without giving the next one to anybody. */
  fence(): void {
    this.producerEpoch = Math.min(this.producerEpoch + 1, lastEpoch);
    this.lastProducerEpoch = none;
  }

  /**
   * Takes the epoch of a producer away whose transaction lasted too long. As nobody else has taken over, it may still ask for the next
   * epoch with its old one, as in Kafka.
   */
  expire(): void {
    const { producerEpoch } = this;
    this.fence();
    this.lastProducerEpoch = producerEpoch;
  }

  hasPartition(topic: string, partition: number): boolean {
    return this.partitions.has(partitionKey(topic, partition));
  }

  addPartition(added: TransactionPartition): void {
    this.partitions.set(partitionKey(added.topic, added.partition), added);
  }
}

function isExhausted(epoch: number): boolean {
  return epoch >= lastUsableEpoch;
}

function partitionKey(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
