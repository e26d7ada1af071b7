import { serializeError } from '../serialize-error.js';
import type { ContentAnswer, ContentRequest } from './content-messages.js';
import type { ContentReading, ContentSource } from './content-source.js';

/** Answers a `ContentClient` on the other side of a border. */
export class ContentServer {
  readonly #source: ContentSource;
  readonly #answer: (answer: ContentAnswer) => void;
  readonly #open = new Map<number, ContentReading>();

  constructor(source: ContentSource, answer: (answer: ContentAnswer) => void) {
    this.#source = source;
    this.#answer = answer;
  }

  take(request: ContentRequest): void {
    const { readingId } = request;
    if (request.kind === 'next') void this.#next(readingId, request.workId);
    else this.#close(readingId);
  }

  /** The other side is gone. */
  closeAll(): void {
    for (const readingId of [...this.#open.keys()]) this.#close(readingId);
  }

  async #next(readingId: number, workId: number): Promise<void> {
    const reading = this.#open.get(readingId) ?? this.#source.open(workId);
    this.#open.set(readingId, reading);
    let answer: ContentAnswer;
    try {
      const bytes = await reading.next();
      answer = bytes === undefined ? { kind: 'end', readingId } : { kind: 'bytes', readingId, bytes };
    } catch (error) {
      const isRetriable = (error as { retriable?: unknown }).retriable === true;
      answer = { kind: 'failed', readingId, error: serializeError(error), isRetriable };
    }
    // Nobody waits for it any more.
    if (this.#open.get(readingId) !== reading) return;
    if (answer.kind !== 'bytes') this.#close(readingId);
    this.#answer(answer);
  }

  #close(readingId: number): void {
    this.#open.get(readingId)?.close();
    this.#open.delete(readingId);
  }
}
