import type { Logger } from '../../logger.js';
import { bytesText, countText } from '../../observe/quantity-text.js';
import type { CopyCounts, TopicCopier } from './topic-copier.js';

const intervalMs = 5_000;

/** Writes a line now and then while something is copied. */
export class CopyProgress {
  readonly #timer: NodeJS.Timeout;
  #lastText = '';

  constructor(copier: Pick<TopicCopier, 'counts' | 'partitionCount'>, logger: Logger) {
    this.#timer = setInterval(() => {
      const text = countsText(copier.counts);
      if (text === this.#lastText) return;
      this.#lastText = text;
      const share = `has ${countText(copier.partitionCount, 'partition')}`;
      logger.info({ ...copier.counts }, `copied ${text}; ${share}`);
    }, intervalMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

/** `1,204 chunks and 2 other messages (612 MiB)`; what was lost comes after it. */
export function countsText({ chunks, others, bytes, lost }: CopyCounts): string {
  const other = others === 0 ? '' : ` and ${countText(others, 'other message')}`;
  const missing = lost === 0 ? '' : `; ${countText(lost, 'message')} removed by retention before`;
  return `${countText(chunks, 'chunk')}${other} (${bytesText(bytes)})${missing}`;
}
