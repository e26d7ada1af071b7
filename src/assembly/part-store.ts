import type { ByteRange, ByteStore, PartAction } from './byte-store.js';

/** Numbers of part files are never used again, in all engines of a process. */
let lastPart = 0;

/** The bytes of a file in a part file. Says what is to be written; somebody else does it. */
export class PartStore implements ByteStore {
  readonly part: number;
  readonly #onDisk: (action: PartAction) => void;

  constructor(onDisk: (action: PartAction) => void) {
    lastPart += 1;
    this.part = lastPart;
    this.#onDisk = onDisk;
  }

  write(startByte: number, data: Uint8Array): void {
    // Not from Node's pool: what is left of a pool's block after this would be held as long as these bytes.
    const copy = Buffer.allocUnsafeSlow(data.length);
    copy.set(data);
    this.take(startByte, copy);
  }

  /** As `write`, without a copy: nobody changes these bytes any more. */
  take(startByte: number, data: Uint8Array): void {
    this.#onDisk({ kind: 'write', part: this.part, startByte, data });
  }

  view(): undefined {
    return undefined;
  }

  fork(ranges: readonly ByteRange[]): PartStore {
    const copy = new PartStore(this.#onDisk);
    this.#onDisk({ kind: 'copy', part: copy.part, from: this.part, ranges });
    return copy;
  }

  release(): void {
    this.#onDisk({ kind: 'remove', part: this.part });
  }
}
