import type { ByteStore, StoreOptions } from './byte-store.js';

/** Numbers of part files are never used again, in all engines of a process. */
let lastPart = 0;

/** The bytes of a file in a part file. Says what is to be written; somebody else does it. */
export class PartStore implements ByteStore {
  readonly part: number;
  readonly #options: StoreOptions;
  readonly #expectedBytes: number;

  /** @param expectedBytes what is known of the length of the whole file */
  constructor(options: StoreOptions, expectedBytes: number) {
    this.#expectedBytes = expectedBytes;
    lastPart += 1;
    this.part = lastPart;
    this.#options = options;
  }

  write(startByte: number, data: Uint8Array): void {
    const { buffers, onDisk } = this.#options;
    const copy = buffers.copy(data);
    const onDone = (): void => buffers.giveBack(copy);
    const expectedBytes = this.#expectedBytes;
    onDisk({ kind: 'write', part: this.part, startByte, data: copy, expectedBytes, onDone });
  }

  /** As `write`, without a copy: nobody changes these bytes any more. */
  take(startByte: number, data: Uint8Array, onDone: () => void = () => undefined): void {
    const expectedBytes = this.#expectedBytes;
    this.#options.onDisk({ kind: 'write', part: this.part, startByte, data, expectedBytes, onDone });
  }

  view(): undefined {
    return undefined;
  }

  release(): void {
    this.#options.onDisk({ kind: 'remove', part: this.part });
  }
}
