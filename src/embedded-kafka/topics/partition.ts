import { PartitionLog } from '../log/partition-log.js';
import { ProducerSequences } from '../producers/producer-sequences.js';
import { type TransactionMarker } from '../protocol/control-batch.js';

/** One partition of a topic. */
export class Partition {
  readonly log = new PartitionLog();
  readonly producers = new ProducerSequences();

  constructor(readonly index: number) {}

  /** Ends a transaction here; a marker with a newer epoch fences the producer's older ones. */
  endTransaction(marker: TransactionMarker): void {
    this.producers.marked(marker.producerId, marker.producerEpoch, BigInt(marker.timestamp));
    this.log.appendMarker(marker);
  }
}
