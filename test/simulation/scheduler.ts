/** Whose code an event runs: a worker may be frozen or dead, and its events with it. */
export interface EventOwner {
  readonly isDead: boolean;
  /** Undefined: it runs. */
  readonly frozenUntilMs: number | undefined;
}

interface ScheduledEvent {
  readonly atMs: number;
  readonly order: number;
  readonly owner: EventOwner | undefined;
  readonly run: () => void;
}

const realSetImmediate = setImmediate;

/** What happens next: events by virtual time, and by the order in which they were planned where that is the same. */
export class Scheduler {
  readonly #heap: ScheduledEvent[] = [];
  #order = 0;
  nowMs = 0;
  /** Whose event runs now: what is planned meanwhile is the same one's. */
  owner: EventOwner | undefined;

  /** @param owner undefined: nobody's that can be frozen or die, e.g. the broker's */
  after(delayMs: number, owner: EventOwner | undefined, run: () => void): void {
    this.#order += 1;
    this.#push({ atMs: this.nowMs + Math.max(0, delayMs), order: this.#order, owner, run });
  }

  /** Runs events until `isDone` or `untilMs`. After each one, everything that it made ready runs too. */
  async run(untilMs: number, isDone: () => boolean): Promise<void> {
    while (!isDone()) {
      const event = this.#heap[0];
      if (event === undefined || event.atMs > untilMs) return;
      this.#pop();
      this.nowMs = Math.max(this.nowMs, event.atMs);
      const { owner } = event;
      if (owner?.isDead === true) continue;
      if (owner?.frozenUntilMs !== undefined) {
        this.after(owner.frozenUntilMs - this.nowMs, owner, event.run);
        continue;
      }
      this.owner = owner;
      event.run();
      await new Promise<void>(resolve => realSetImmediate(resolve));
      this.owner = undefined;
    }
  }

  #push(event: ScheduledEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
