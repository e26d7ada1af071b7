import { PartitionLog } from '../log/partition-log.js';
import { ProducerSequences } from '../producers/producer-sequences.js';

/** One partition of a topic. */
export class Partition {
  readonly log = new PartitionLog();
  readonly producers = new ProducerSequences();

  constructor(readonly index: number) {}
}
