/** So many go at once; further ones in the next batch, so that the first of many files need not wait for all of them. */
const mostMessages = 16;

/**
 * Joins what one turn of the event loop has to say into one message to the other thread: each one costs a system call and a switch of
 * threads, which for small files is more than what the engine does with the file. Nothing waits for promises that are settled only in that
 * turn, as `process.nextTick` would: the reading of the next records goes on in them, which takes as long as a whole small file needs.
 */
export class MessageBatch<T> {
  readonly #post: (messages: readonly T[], transfer: ArrayBuffer[]) => void;
  readonly #atEndOfTurn: (action: () => void) => void;
  #messages: T[] = [];
  #transfer: ArrayBuffer[] = [];

  /** @param atEndOfTurn default: after what runs now, and the promises that are settled already */
  constructor(
    post: (messages: readonly T[], transfer: ArrayBuffer[]) => void,
    atEndOfTurn: (action: () => void) => void = action => queueMicrotask(action),
  ) {
    this.#post = post;
    this.#atEndOfTurn = atEndOfTurn;
  }

  /** @param transfer memory in it that is given away; nobody may use it from now on */
  add(message: T, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#messages.length === 0) this.#atEndOfTurn(() => this.flush());
    this.#messages.push(message);
    this.#transfer.push(...transfer);
    if (this.#messages.length >= mostMessages) this.flush();
  }

  /** Sends what there is. */
  flush(): void {
    if (this.#messages.length === 0) return;
    const [messages, transfer] = [this.#messages, this.#transfer];
    this.#messages = [];
    this.#transfer = [];
    this.#post(messages, transfer);
  }
}
