import { ProcessorTimeoutError } from '../../errors.js';
import type { Logger } from '../../logger.js';
import { CallContext } from '../call-context.js';
import { systemClock } from '../clock.js';
import { DataFile } from '../data-file.js';
import { ContentClient } from '../content/content-client.js';
import type { ContentAnswer } from '../content/content-messages.js';
import { contentOf } from '../file-content.js';
import { invokeMethod, type Method } from '../invoke-method.js';
import { FileDiscardedError } from '../method-call.js';
import { memoryOf } from '../outgoing-memory.js';
import type { ChildLink } from './child-link.js';
import type { AbortReason, ToChild } from './child-messages.js';
import type { RemoteLock } from './remote-lock.js';

export interface ChildCallsOptions {
  readonly method: Method;
  readonly lock: RemoteLock;
  readonly logger: Logger;
  readonly memoryBudgetBytes: number;
  readonly link: ChildLink;
}

/** Makes the calls that the worker asks for, in the thread or process that was started for them. */
export class ChildCalls {
  readonly #options: ChildCallsOptions;
  readonly #contents: ContentClient;
  #abort: AbortController | undefined;

  constructor(options: ChildCallsOptions) {
    this.#options = options;
    this.#contents = new ContentClient(request => options.link.post({ kind: 'content', request }));
  }

  async call({ file, attempt, holdsLock }: ToChild & { kind: 'call' }): Promise<void> {
    const { method, lock, logger, link, memoryBudgetBytes } = this.#options;
    const abort = new AbortController();
    this.#abort = abort;
    const context = new CallContext({
      ready: file,
      attempt,
      signal: abort.signal,
      lock,
      logger,
      clock: systemClock,
      onProgress: progress => link.post({ kind: 'progress', progress }),
    });
    const data = new DataFile(file.info, contentOf(file, memoryBudgetBytes, this.#contents));
    this.#contents.begin(file.workId);
    const invoke = () => invokeMethod(method, file, data, context);
    // The worker gives it back when the call has ended.
    const held = { isHeld: true, release: () => undefined };
    const result = await (holdsLock ? lock.runHolding(held, invoke) : invoke());
    held.isHeld = false;
    this.#contents.release(file.workId);
    context.end();
    link.post({ kind: 'returned', result }, result.kind === 'returned' ? memoryOf(result.messages) : []);
  }

  /** What the worker says of a content that the method reads. */
  content(answer: ContentAnswer): void {
    this.#contents.take(answer);
  }

  /** The running call is told to stop. */
  abort({ kind, message }: AbortReason): void {
    this.#abort?.abort(
      kind === 'timed-out' ? new ProcessorTimeoutError(message) : new FileDiscardedError(message),
    );
  }
}
