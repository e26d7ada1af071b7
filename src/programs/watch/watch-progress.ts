import { RecentRate } from '../upload/recent-rate.js';
import { rateTexts, withBar } from '../upload/upload-progress.js';

/** What a folder's upload has done, and what it knows of that is to do. */
export interface WatchCounts {
  readonly sentBytes: number;
  /** Bytes of complete files that are not sent. */
  readonly leftBytes: number;
}

/**
 * The line that changes on a terminal while files of a folder are sent. Its bar and its time count from the moment at which there was
 * nothing to send.
 */
export class WatchProgress {
  #rate: RecentRate | undefined;
  #sentBefore = 0;

  /**
   * @param text what else there is to say; its end may be cut off
   * @param atMs milliseconds that never go back
   */
  line(text: string, { sentBytes, leftBytes }: WatchCounts, width: number, atMs: number): string {
    if (leftBytes === 0) {
      this.#rate = undefined;
      return text;
    }
    if (this.#rate === undefined) {
      this.#rate = new RecentRate({ atMs, sentBytes });
      this.#sentBefore = sentBytes;
    } else this.#rate.add({ atMs, sentBytes });
    const doneBytes = sentBytes - this.#sentBefore;
    const counts = { sentBytes: doneBytes, byteCount: doneBytes + leftBytes };
    return withBar([...rateTexts(counts, this.#rate.bytesPerSecond), text].join(', '), counts, width);
  }
}
