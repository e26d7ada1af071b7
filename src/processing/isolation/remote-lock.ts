import { ExclusiveLock, heldUntil, type Holding } from '../exclusive-lock.js';

/** The lock as a child has it: it asks the worker, where the lock is. */
export class RemoteLock extends ExclusiveLock {
  readonly #send: (kind: 'lock' | 'unlock', request: number) => void;
  readonly #waiting = new Map<number, () => void>();
  #lastRequest = 0;

  /** @param owner class and method, for error messages */
  constructor(owner: string, send: (kind: 'lock' | 'unlock', request: number) => void) {
    super(owner);
    this.#send = send;
  }

  override async acquire(signals: readonly AbortSignal[]): Promise<Holding> {
    for (const signal of signals) signal.throwIfAborted();
    const request = ++this.#lastRequest;
    const stops: (() => void)[] = [];
    try {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.set(request, resolve);
        for (const signal of signals) {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is the caller's choice
          const onAbort = (): void => reject(signal.reason);
          signal.addEventListener('abort', onAbort);
          stops.push(() => signal.removeEventListener('abort', onAbort));
        }
        this.#send('lock', request);
      });
    } catch (reason) {
      this.#send('unlock', request);
      throw reason;
    } finally {
      this.#waiting.delete(request);
      for (const stop of stops) stop();
    }
    return heldUntil(() => this.#send('unlock', request));
  }

  /** The worker's answer. One that comes for a wait that was given up is given back already. */
  granted(request: number): void {
    this.#waiting.get(request)?.();
  }
}
