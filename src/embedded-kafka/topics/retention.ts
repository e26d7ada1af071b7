import { type Clock, type Timer } from '../clock.js';
import { type Topic } from './topic.js';

/**
 * Deletes records that a topic need not keep any longer, by time and by size, when asked and regularly while it runs.
 *
 * As in Kafka nothing is deleted the moment it may be: readers rely on that. But what Kafka deletes by segments of a
 * gigabyte is deleted here by batches.
 */
export class Retention {
  private timer: Timer | undefined;

  /** @param topics - all topics, asked for at each check */
  constructor(
    private readonly clock: Clock,
    private readonly checkIntervalMs: number,
    private readonly topics: () => readonly Topic[],
  ) {}

  start(): void {
    this.stop();
    this.timer = this.clock.startTimer(this.checkIntervalMs, () => {
      for (const topic of this.topics()) this.apply(topic);
      this.start();
    });
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** Deletes what `topic` need not keep now. Topics that are only compacted keep everything. */
  apply({ config, partitions }: Topic): void {
    if (!config.mayDelete) return;
    const retentionMs = config.number('retention.ms');
    const retentionBytes = config.number('retention.bytes');
    for (const { log } of partitions) {
      if (retentionMs >= 0) log.deleteOlderThan(BigInt(Math.floor(this.clock.now() - retentionMs)));
      if (retentionBytes >= 0) log.deleteDownTo(retentionBytes);
    }
  }
}
