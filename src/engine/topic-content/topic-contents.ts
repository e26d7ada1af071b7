import type { TopicContent } from '../../assembly/topic-content.js';
import { StorageError } from '../../errors.js';
import type { ContentReading, ContentSource } from '../../processing/content/content-source.js';
import type { EngineEvent } from '../messages.js';
import { ContentAgain } from './content-again.js';
import { verifyContent, type ContentReadingParts } from './verify-content.js';

/** A file that is left on the topic. */
interface Known {
  readonly content: TopicContent;
  readonly forgotten: AbortController;
  /** Undefined: it is not verified yet. */
  sums?: Uint32Array;
}

/**
 * The contents that are read from the topic: first for their hash, then for the method, as often as it asks. What is known of one is kept from
 * the beginning of its verification until it is forgotten; all that reads it ends then.
 */
export class TopicContents implements ContentSource {
  readonly #topic: string;
  readonly #parts: ContentReadingParts;
  readonly #dispatch: (event: EngineEvent) => void;
  readonly #known = new Map<number, Known>();

  constructor(topic: string, parts: ContentReadingParts, dispatch: (event: EngineEvent) => void) {
    this.#topic = topic;
    this.#parts = parts;
    this.#dispatch = dispatch;
  }

  /** Tells what came of it, unless it is forgotten by then. */
  async verify(workId: number, content: TopicContent): Promise<void> {
    this.forget(workId);
    const known: Known = { content, forgotten: new AbortController() };
    this.#known.set(workId, known);
    const { signal } = known.forgotten;
    let event: EngineEvent;
    try {
      const check = await verifyContent(content, this.#parts, signal);
      if (check.kind === 'matches') known.sums = check.sums;
      if (check.kind === 'matches') event = { kind: 'verified', workId, matches: true };
      else if (check.kind === 'gone') event = { kind: 'content-gone', workId, missing: check.missing };
      else event = { kind: 'verified', workId, matches: false, damagedIndexes: check.damagedIndexes };
    } catch {
      // It is forgotten, or the worker ends.
      return;
    }
    if (!signal.aborted) this.#dispatch(event);
  }

  open(workId: number): ContentReading {
    const known = this.#known.get(workId);
    if (known?.sums === undefined)
      return { next: () => Promise.reject(forgottenError()), close: () => undefined };
    const { content, sums, forgotten } = known;
    return new ContentAgain({ topic: this.#topic, content, sums }, this.#parts, forgotten.signal);
  }

  forget(workId: number): void {
    this.#known.get(workId)?.forgotten.abort(forgottenError());
    this.#known.delete(workId);
  }

  close(): void {
    for (const workId of [...this.#known.keys()]) this.forget(workId);
  }
}

function forgottenError(): StorageError {
  return new StorageError(
    'the file is no longer wanted from this worker, so its content is not read any more',
    {
      retriable: true,
    },
  );
}
