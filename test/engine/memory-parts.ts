import { createHash } from 'node:crypto';
import type { PartAction } from '../../src/assembly/byte-store.js';
import type { PartCheck, PartContent } from '../../src/assembly/disk/part-storage.js';

/** What part files hold, without a disk and at once: for simulations, which say themselves when each thing happens. */
export class MemoryParts {
  readonly #parts = new Map<number, Buffer>();

  get count(): number {
    return this.#parts.size;
  }

  apply(action: PartAction): void {
    const { part } = action;
    if (action.kind === 'remove') {
      this.#parts.delete(part);
    } else {
      this.#write(part, action.startByte, action.data);
      action.onDone?.();
    }
  }

  verify({ part, size, fileHash, chunks }: PartContent): PartCheck {
    const bytes = this.#bytesOf(part).subarray(0, size);
    if (hasHash(bytes, fileHash)) return { matches: true };
    const damaged = chunks.filter(
      ({ startByte, byteLength, chunkHash }) =>
        !hasHash(bytes.subarray(startByte, startByte + byteLength), chunkHash),
    );
    return { matches: false, damagedIndexes: damaged.map(({ index }) => index) };
  }

  read(part: number, size: number): Buffer {
    return Buffer.from(this.#bytesOf(part).subarray(0, size));
  }

  /** @throws it was removed, or never written */
  #bytesOf(part: number): Buffer {
    const bytes = this.#parts.get(part);
    if (bytes === undefined) throw new Error(`part ${part} is not there`);
    return bytes;
  }

  #write(part: number, startByte: number, data: Uint8Array): void {
    const known = this.#parts.get(part) ?? Buffer.alloc(0);
    const bytes = Buffer.alloc(Math.max(known.length, startByte + data.length));
    bytes.set(known);
    bytes.set(data, startByte);
    this.#parts.set(part, bytes);
  }
}

function hasHash(bytes: Uint8Array, expected: Uint8Array): boolean {
  return createHash('sha512').update(bytes).digest().equals(expected);
}
