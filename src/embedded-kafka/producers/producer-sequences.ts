/** What an idempotent producer writes into the header of each batch. */
export interface ProducerBatch {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly recordCount: number;
  /** Latest time of its records. */
  readonly maxTimestamp: bigint;
}

export type SequenceCheck =
  | { readonly kind: 'next' }
  | { readonly kind: 'duplicate'; readonly baseOffset: bigint }
  | { readonly kind: 'out-of-order' }
  | { readonly kind: 'fenced' };

interface AppendedBatch {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: bigint;
}

interface ProducerState {
  epoch: number;
  /** The last five at most, oldest first: clients have at most five requests in flight. */
  recent: AppendedBatch[];
  lastTimestamp: bigint;
  coordinatorEpoch: number;
}

/** What a partition knows of one producer; -1 for what there is not yet. */
export interface ProducerView {
  readonly producerId: bigint;
  readonly epoch: number;
  readonly lastSequence: number;
  readonly lastTimestamp: bigint;
  /** Of the last transaction marker. */
  readonly coordinatorEpoch: number;
}

const recentCount = 5;
const none = -1;
/** This broker is the coordinator of all transactions and never gives that away. */
const coordinatorEpoch = 0;
const sequenceCount = 2 ** 31;

/**
 * The idempotent producers of one partition: which sequence number each has to send next.
 *
 * As in Kafka, a producer that this partition has not seen yet may start with any number, one with a new epoch must
 * start with 0, and a repeat of one of the last five batches is recognised and answered with its first offset.
 */
export class ProducerSequences {
  private readonly producers = new Map<bigint, ProducerState>();

  all(): ProducerView[] {
    return [...this.producers].map(([producerId, { epoch, recent, lastTimestamp, coordinatorEpoch }]) => ({
      producerId,
      epoch,
      lastSequence: recent.at(-1)?.lastSequence ?? none,
      lastTimestamp,
      coordinatorEpoch,
    }));
  }

  /** Says what to do with a batch; changes nothing. */
  check(batch: ProducerBatch): SequenceCheck {
    const state = this.producers.get(batch.producerId);
    if (state === undefined) return { kind: 'next' };
    if (batch.producerEpoch < state.epoch) return { kind: 'fenced' };
    if (batch.producerEpoch > state.epoch) {
      return batch.baseSequence === 0 ? { kind: 'next' } : { kind: 'out-of-order' };
    }
    const lastSequence = lastSequenceOf(batch);
    const repeated = state.recent.find(
      known => known.baseSequence === batch.baseSequence && known.lastSequence === lastSequence,
    );
    if (repeated !== undefined) return { kind: 'duplicate', baseOffset: repeated.baseOffset };
    const newest = state.recent.at(-1);
    const expected = newest === undefined ? 0 : (newest.lastSequence + 1) % sequenceCount;
    return batch.baseSequence === expected ? { kind: 'next' } : { kind: 'out-of-order' };
  }

  /**
   * Fences a producer as a newer one with its id would: what it sends with its present epoch is refused.
   *
   * @param epoch - what the transaction coordinator has raised it to, if it is transactional
   * @returns whether this partition knows the producer
   */
  raiseEpoch(producerId: bigint, epoch?: number): boolean {
    const state = this.producers.get(producerId);
    if (state !== undefined) this.marked(producerId, epoch ?? state.epoch + 1);
    return state !== undefined;
  }

  /** Notes a transaction marker: batches of older epochs are refused from here on, a new epoch starts at 0. */
  marked(producerId: bigint, producerEpoch: number, timestamp?: bigint): void {
    const state = this.producers.get(producerId);
    const recent = state === undefined || state.epoch < producerEpoch ? [] : state.recent;
    const epoch = Math.max(producerEpoch, state?.epoch ?? none);
    const lastTimestamp = timestamp ?? state?.lastTimestamp ?? -1n;
    this.producers.set(producerId, { epoch, recent, lastTimestamp, coordinatorEpoch });
  }

  /** Notes that a batch for which `check` said `next` is in the log. */
  appended(batch: ProducerBatch, baseOffset: bigint): void {
    let state = this.producers.get(batch.producerId);
    if (state?.epoch !== batch.producerEpoch) {
      const coordinatorEpoch = state?.coordinatorEpoch ?? none;
      state = { epoch: batch.producerEpoch, recent: [], lastTimestamp: -1n, coordinatorEpoch };
      this.producers.set(batch.producerId, state);
    }
    state.lastTimestamp = batch.maxTimestamp;
    state.recent.push({ baseSequence: batch.baseSequence, lastSequence: lastSequenceOf(batch), baseOffset });
    if (state.recent.length > recentCount) state.recent.shift();
  }
}

/** Sequence numbers wrap from 2^31 - 1 to 0. */
function lastSequenceOf(batch: ProducerBatch): number {
  return (batch.baseSequence + batch.recordCount - 1) % sequenceCount;
}
