import type { Placement } from '../config/placements.js';
import type { ShareDifference } from '../kafka/driver.js';
import { partitionsOf, type OpenFile } from './open-file.js';

/** From then on a file whose rest does not come may have it where another member reads. */
const stalledMs = 10_000;
/** Each comparison is a rebalance of the group. */
const leastBetweenMs = 60_000;

/** By-file placement: watches for files that do not lie in one partition, which no member could ever make whole. */
export class ScatterWatch {
  readonly #isByFile: boolean;
  #hasTold = false;
  readonly #compared = new WeakSet<OpenFile>();
  #comparedAtMs = -Infinity;
  #difference: ShareDifference | undefined;

  constructor(placement: Placement) {
    this.#isByFile = placement === 'by-file';
  }

  /** A chunk of the file is held. @returns what the group is to hear, once */
  met(file: OpenFile): string | undefined {
    if (!this.#isByFile || this.#hasTold || file.version.ranges.size < 2) return undefined;
    this.#hasTold = true;
    const partitions = partitionsOf(file).sort((a, b) => a - b);
    return `${file.version.identity.path} lies on partitions ${partitions.join(' and ')}`;
  }

  /** A generation begins. @returns whether this worker's share differs from its options in another way than before */
  assigned(difference: ShareDifference | undefined): boolean {
    const last = this.#difference;
    this.#difference = difference;
    return difference?.kind !== last?.kind || difference?.reason !== last?.reason;
  }

  /** Whether the group is to be asked if another member has chunks of files that are open here. */
  shouldCompare(files: Iterable<OpenFile>, nowMs: number): boolean {
    if (!this.#isByFile || this.#hasTold || nowMs - this.#comparedAtMs < leastBetweenMs) return false;
    let hasFound = false;
    for (const file of files) {
      if (file.state !== 'assembling' || nowMs - file.lastChunkAtMs < stalledMs) continue;
      hasFound ||= !this.#compared.has(file);
      this.#compared.add(file);
    }
    if (hasFound) this.#comparedAtMs = nowMs;
    return hasFound;
  }
}
