import type { ByteStore } from './byte-store.js';

/** Of a file whose bytes were given up to make room: where its chunks lie on the topic is all that is left, and enough. */
export class DroppedStore implements ByteStore {
  readonly part = undefined;

  write(): void {
    // It is read again from the topic.
  }

  view(): undefined {
    return undefined;
  }

  release(): void {
    // There is nothing.
  }
}
