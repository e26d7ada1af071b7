import { StorageError } from '../../errors.js';
import type { ContentAnswer, ContentRequest } from './content-messages.js';
import type { ContentReading, ContentSource } from './content-source.js';

/** A reading for a call of the method. */
export interface CallReading extends ContentReading {
  /** The call has ended before it was read to its end, or before it was begun. */
  readonly isLeftBehind: boolean;
}

interface Open {
  readonly workId: number;
  isLeftBehind: boolean;
  answered: ((answer: ContentAnswer) => void) | undefined;
}

/** Reads contents on the other side of a border. */
export class ContentClient implements ContentSource {
  readonly #send: (request: ContentRequest) => void;
  readonly #open = new Map<number, Open>();
  /** Work ids of the files that calls are made with. */
  readonly #called = new Set<number>();
  #lastReadingId = 0;

  constructor(send: (request: ContentRequest) => void) {
    this.#send = send;
  }

  /** A call with the file is made: it may read the file's content until `release`. */
  begin(workId: number): void {
    this.#called.add(workId);
  }

  open(workId: number): CallReading {
    this.#lastReadingId += 1;
    const readingId = this.#lastReadingId;
    const open: Open = { workId, isLeftBehind: !this.#called.has(workId), answered: undefined };
    if (!open.isLeftBehind) this.#open.set(readingId, open);
    return {
      get isLeftBehind() {
        return open.isLeftBehind;
      },
      next: () => this.#next(readingId, open),
      close: () => this.#close(readingId),
    };
  }

  /** What the other side says. */
  take(answer: ContentAnswer): void {
    this.#open.get(answer.readingId)?.answered?.(answer);
  }

  /** The call that read the file's content has ended: what it left open is closed. */
  release(workId: number): void {
    this.#called.delete(workId);
    for (const [readingId, open] of this.#open) {
      if (open.workId !== workId) continue;
      open.isLeftBehind = true;
      this.#close(readingId);
    }
  }

  async #next(readingId: number, open: Open): Promise<Uint8Array | undefined> {
    if (this.#open.get(readingId) !== open) throw closedError();
    const answer = await new Promise<ContentAnswer>(resolve => {
      open.answered = resolve;
      this.#send({ kind: 'next', readingId, workId: open.workId });
    });
    open.answered = undefined;
    if (answer.kind === 'bytes') return answer.bytes;
    this.#open.delete(readingId);
    if (answer.kind === 'end') return undefined;
    const { error, isRetriable: retriable } = answer;
    throw new StorageError(error.message, { retriable });
  }

  #close(readingId: number): void {
    const open = this.#open.get(readingId);
    if (open === undefined) return;
    this.#open.delete(readingId);
    this.#send({ kind: 'close', readingId });
    const error = { name: 'StorageError', message: closedError().message };
    open.answered?.({ kind: 'failed', readingId, error, isRetriable: true });
  }
}

function closedError(): StorageError {
  return new StorageError(
    'the stream was read after its call had ended: read it to its end before the method returns',
    {
      retriable: true,
    },
  );
}
