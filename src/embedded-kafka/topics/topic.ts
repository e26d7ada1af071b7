import { Partition } from './partition.js';
import { type TopicConfig } from './topic-config.js';

/** A topic and its partitions, numbered from 0. */
export class Topic {
  private readonly list: Partition[] = [];

  /** @param id - 32 hexadecimal digits; a topic that is deleted and made again has a new one */
  constructor(
    readonly name: string,
    readonly id: string,
    /** Replaced as a whole when a client changes settings. */
    public config: TopicConfig,
    partitionCount: number,
  ) {
    this.growTo(partitionCount);
  }

  get partitions(): readonly Partition[] {
    return this.list;
  }

  partition(index: number): Partition | undefined {
    return this.list[index];
  }

  /** Adds partitions until there are `partitionCount`. */
  growTo(partitionCount: number): void {
    while (this.list.length < partitionCount) this.list.push(new Partition(this.list.length));
  }
}
