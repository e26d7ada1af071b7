import type { ByteRange, ByteStore, StoreOptions } from './byte-store.js';

/** Numbers of part files are never used again, in all engines of a process. */
let lastPart = 0;

/** The bytes of a file in a part file. Says what is to be written; somebody else does it. */
export class PartStore implements ByteStore {
  readonly part: number;
  readonly #options: StoreOptions;

  constructor(options: StoreOptions) {
    lastPart += 1;
    this.part = lastPart;
    this.#options = options;
  }

  write(startByte: number, data: Uint8Array): void {
    const { buffers, onDisk } = this.#options;
    const copy = buffers.copy(data);
    const onDone = (): void => buffers.giveBack(copy);
    onDisk({ kind: 'write', part: this.part, startByte, data: copy, onDone });
  }

  /** As `write`, without a copy: nobody changes these bytes any more. */
  take(startByte: number, data: Uint8Array, onDone: () => void = () => undefined): void {
    this.#options.onDisk({ kind: 'write', part: this.part, startByte, data, onDone });
  }

  view(): undefined {
    return undefined;
  }

  fork(ranges: readonly ByteRange[]): PartStore {
    const copy = new PartStore(this.#options);
    this.#options.onDisk({ kind: 'copy', part: copy.part, from: this.part, ranges });
    return copy;
  }

  release(): void {
    this.#options.onDisk({ kind: 'remove', part: this.part });
  }
}
