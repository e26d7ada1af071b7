import { durationText } from '../../duration-text.js';
import { describeError, ProcessorCrashedError } from '../../errors.js';
import type { CallPlace, CallRequest, CallSeat } from '../call-place.js';
import { withoutStack, type MethodResult } from '../invoke-method.js';
import { describeEnd, MethodChild, type MethodChildOptions } from './method-child.js';

/** A start that takes longer is mentioned in the log; and again after twice as long, and so on. */
const patienceMs = 30_000;

/**
 * The threads or processes that call the method. One is started with the worker, to see that it can be; each further one when more
 * calls wait than children start, so there are never more than calls run at a time. A call gets the child that is free first, whether
 * it was started for it or has ended another call: one that never gets ready holds up nobody but itself. One that dies is replaced by the
 * next call that needs it.
 */
export class ChildPool implements CallPlace {
  readonly #options: MethodChildOptions;
  readonly #children = new Set<MethodChild>();
  readonly #idle: MethodChild[] = [];
  /** Started for calls, and not ready yet. */
  readonly #starting = new Set<MethodChild>();
  /** Calls that wait for a child, the first one first. */
  readonly #waiting = new Set<(seat: CallSeat) => void>();
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
    if (this.#isClosed) return this.#seatAfterEnd();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.delete(give);
        // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's choice
        reject(signal.reason);
      };
      const give = (seat: CallSeat): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(seat);
      };
      signal.addEventListener('abort', onAbort);
      this.#waiting.add(give);
      if (this.#starting.size < this.#waiting.size) void this.#start();
    });
  }

  /**
   * Lets each run `onStop` and end.
   * @param summary for `onStop`
   * @throws the first of what went wrong
   */
  async close(summary: unknown): Promise<void> {
    this.#refuseCalls();
    const problems = await Promise.all([...this.#children].map(child => child.close(summary)));
    const problem = problems.find(each => each !== undefined);
    if (problem !== undefined) throw problem;
  }

  /** Ends all of them at once. */
  kill(): void {
    this.#refuseCalls();
    for (const child of this.#children) child.kill();
  }

  #refuseCalls(): void {
    this.#isClosed = true;
    for (let give = this.#nextWaiting(); give !== undefined; give = this.#nextWaiting())
      give(this.#seatAfterEnd());
  }

  #seatAfterEnd(): CallSeat {
    return this.#failingSeat('worker', 'the worker ends');
  }

  /** For a call that waits; who gets the child is seen when it is ready. */
  async #start(): Promise<void> {
    const child = this.#add();
    this.#starting.add(child);
    const stopWatching = this.#watchStart(child);
    try {
      await child.ready;
      this.#starting.delete(child);
      this.#leave(child);
    } catch (error) {
      this.#starting.delete(child);
      this.#onNotStarted(child, error);
    } finally {
      stopWatching();
    }
  }

  #onNotStarted({ name }: MethodChild, error: unknown): void {
    const why =
      error instanceof ProcessorCrashedError
        ? error.message
        : `${name} could not be started: ${describeError(error)}`;
    // The others are waited for as before; with this one goes the call that would have got it.
    if (this.#starting.size < this.#waiting.size) {
      this.#nextWaiting()!(this.#failingSeat(name, why));
      return;
    }
    const { logger, methodName } = this.#options;
    if (!this.#isClosed) logger.warn({}, `${methodName}: ${why}; no call waited for it`);
  }

  /**
   * @param ms from the start to the next mention
   * @param leftMs from now to it
   * @returns ends it
   */
  #watchStart(child: MethodChild, ms = patienceMs, leftMs = ms): () => void {
    const { logger, methodName, clock } = this.#options;
    let stop = clock.after(leftMs, () => {
      logger.warn(
        {},
        `${methodName}: the ${child.name} was started ${durationText(ms)} ago and is not ready for files: the class's module is not ` +
          'loaded there, or its onStart has not ended. Files go to whichever is free first. ' +
          'If this never ends, look there for what only one of them can have, such as a port or a lock: each one runs onStart',
      );
      stop = this.#watchStart(child, ms * 2, ms);
    });
    return () => stop();
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

  /** Free for the call that has waited longest, or for the next one. */
  #leave(child: MethodChild): void {
    if (child.hasEnded) return;
    const give = this.#nextWaiting();
    if (give === undefined) this.#idle.push(child);
    else give(this.#seat(child));
  }

  #nextWaiting(): ((seat: CallSeat) => void) | undefined {
    const [first] = this.#waiting;
    if (first !== undefined) this.#waiting.delete(first);
    return first;
  }

  #seat(child: MethodChild): CallSeat {
    return {
      name: child.name,
      invoke: async request => {
        const result = await child.call(request);
        this.#leave(child);
        // Who waits might have got this one, and those that start may never get ready.
        if (child.hasEnded && this.#waiting.size > 0) void this.#start();
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
