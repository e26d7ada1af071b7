import { describeError, ProcessorCrashedError } from '../../errors.js';
import type { CallPlace, CallRequest, CallSeat } from '../call-place.js';
import { withoutStack, type MethodResult } from '../invoke-method.js';
import { describeEnd, MethodChild, type MethodChildOptions } from './method-child.js';

/**
 * The threads or processes that call the method. One is started with the worker, to see that it can be; each further one by the
 * first call that finds all of them busy, so there are never more than calls run at a time. One that dies is replaced by the
 * next call that needs it.
 */
export class ChildPool implements CallPlace {
  readonly #options: MethodChildOptions;
  readonly #children = new Set<MethodChild>();
  readonly #idle: MethodChild[] = [];
  #isClosed = false;

  constructor(options: MethodChildOptions) {
    this.#options = options;
  }

  /**
   * Starts the first one, and waits until it can make calls.
   * @param stopping is passed on to what it does to get ready
   * @throws {UsageError} the class is not found there, or its options are not accepted
   * @throws {ProcessorCrashedError} it ended
   * @throws what `onStart` or the constructor throws
   */
  async open(stopping: AbortSignal): Promise<void> {
    const child = this.#add();
    const onStopping = (): void => {
      child.tellStopping(describeError(stopping.reason));
    };
    stopping.addEventListener('abort', onStopping);
    try {
      await child.ready;
    } finally {
      stopping.removeEventListener('abort', onStopping);
    }
    this.#leave(child);
  }

  async take(signal: AbortSignal): Promise<CallSeat> {
    signal.throwIfAborted();
    const idle = this.#idle.pop();
    if (idle !== undefined) return this.#seat(idle);
    if (this.#isClosed) return this.#failingSeat('worker', 'the worker ends');
    const child = this.#add();
    const problem = await settledOrAborted(child.ready, signal);
    if (signal.aborted) {
      // The next call finds it ready.
      child.ready.then(
        () => this.#leave(child),
        () => undefined,
      );
      throw signal.reason;
    }
    return problem === undefined
      ? this.#seat(child)
      : this.#failingSeat(child.name, whyNotStarted(child.name, problem.error));
  }

  /**
   * Lets each run `onStop` and end.
   * @param summary for `onStop`
   * @throws the first of what went wrong
   */
  async close(summary: unknown): Promise<void> {
    this.#isClosed = true;
    const problems = await Promise.all([...this.#children].map(child => child.close(summary)));
    const problem = problems.find(each => each !== undefined);
    if (problem !== undefined) throw problem;
  }

  /** Ends all of them at once. */
  kill(): void {
    this.#isClosed = true;
    for (const child of this.#children) child.kill();
  }

  #add(): MethodChild {
    const child = new MethodChild(this.#options);
    this.#children.add(child);
    void child.ended.then(end => {
      this.#children.delete(child);
      const place = this.#idle.indexOf(child);
      if (place === -1) return;
      this.#idle.splice(place, 1);
      const { logger, methodName } = this.#options;
      if (!this.#isClosed)
        logger.warn(
          {},
          `${methodName}: the ${child.name} ${describeEnd(end)}, with no file at it; the next one gets another`,
        );
    });
    return child;
  }

  #leave(child: MethodChild): void {
    if (!child.hasEnded) this.#idle.push(child);
  }

  #seat(child: MethodChild): CallSeat {
    return {
      name: child.name,
      invoke: async request => {
        const result = await child.call(request);
        this.#leave(child);
        return result;
      },
      kill: () => child.kill(),
      leave: () => this.#leave(child),
    };
  }

  /** It fails as any other call does, so that it is tried again, after the backoff. */
  #failingSeat(name: string, why: string): CallSeat {
    const { methodName } = this.#options;
    const invoke = ({ ready }: CallRequest): Promise<MethodResult> => {
      const error = new ProcessorCrashedError(`${methodName} was not called with ${ready.info.path}: ${why}`);
      return Promise.resolve({
        kind: 'failed',
        reason: 'crashed',
        error: withoutStack(error),
        isRetriable: true,
      });
    };
    return { name, invoke, kill: () => undefined, leave: () => undefined };
  }
}

function whyNotStarted(name: string, error: unknown): string {
  return error instanceof ProcessorCrashedError
    ? error.message
    : `${name} could not be started: ${describeError(error)}`;
}

/** @returns undefined when the promise was fulfilled, or nobody waits for it any more */
async function settledOrAborted(
  promise: Promise<void>,
  signal: AbortSignal,
): Promise<{ readonly error: unknown } | undefined> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<void>(resolve => {
    onAbort = () => resolve();
    signal.addEventListener('abort', onAbort);
  });
  try {
    await Promise.race([promise, aborted]);
    return undefined;
  } catch (error) {
    return { error };
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
