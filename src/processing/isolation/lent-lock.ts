import type { ExclusiveLock, Holding } from '../exclusive-lock.js';

interface Request {
  readonly givenUp: AbortController;
  holding?: Holding;
}

/** The lock, which is in the worker, as one child asks for it. What a child that died held goes to the next in line. */
export class LentLock {
  readonly #lock: ExclusiveLock;
  readonly #onGranted: (request: number) => void;
  readonly #requests = new Map<number, Request>();

  constructor(lock: ExclusiveLock, onGranted: (request: number) => void) {
    this.#lock = lock;
    this.#onGranted = onGranted;
  }

  request(id: number): void {
    const request: Request = { givenUp: new AbortController() };
    this.#requests.set(id, request);
    this.#lock.acquire([request.givenUp.signal]).then(
      holding => {
        // Given back between the grant and this line.
        if (request.givenUp.signal.aborted) {
          holding.release();
          return;
        }
        request.holding = holding;
        this.#onGranted(id);
      },
      () => undefined,
    );
  }

  /** The child holds it no longer, or no longer waits. */
  giveBack(id: number): void {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    request?.givenUp.abort();
    request?.holding?.release();
  }

  giveBackAll(): void {
    for (const id of [...this.#requests.keys()]) this.giveBack(id);
  }
}
