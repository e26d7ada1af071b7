const firstSlabBytes = 4096;
const largestSlabBytes = 262_144;

/**
 * Keeps small batches one behind the other in shared buffers.
 *
 * A topic of many small messages would otherwise be thousands of little buffers, each of which keeps the socket read
 * alive that it came in; this way a fetch answers with a few long slices. Slabs grow with use, so that an empty
 * partition costs next to nothing.
 */
export class Slab {
  private free = Buffer.alloc(0);
  private nextBytes = firstSlabBytes;

  /** Whether a batch of this size is better copied into a slab than kept where it is. */
  static holds(byteLength: number): boolean {
    return byteLength <= largestSlabBytes / 8;
  }

  /** Copies `bytes` behind the batch that was added before. */
  add(bytes: Buffer): Buffer {
    if (this.free.length < bytes.length) {
      this.free = Buffer.allocUnsafeSlow(Math.max(this.nextBytes, bytes.length));
      this.nextBytes = Math.min(this.nextBytes * 2, largestSlabBytes);
    }
    const place = this.free.subarray(0, bytes.length);
    bytes.copy(place);
    this.free = this.free.subarray(bytes.length);
    return place;
  }
}

/** Joins neighbours that lie one behind the other in the same memory into one buffer, without copying. */
export function joinNeighbours(buffers: readonly Buffer[]): Buffer[] {
  const joined: Buffer[] = [];
  for (const next of buffers) {
    const last = joined.at(-1);
    if (last?.buffer === next.buffer && last.byteOffset + last.length === next.byteOffset) {
      joined[joined.length - 1] = Buffer.from(last.buffer, last.byteOffset, last.length + next.length);
    } else {
      joined.push(next);
    }
  }
  return joined;
}
