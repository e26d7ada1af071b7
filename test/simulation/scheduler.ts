/** Whose code an event runs: a worker may be frozen or dead, and its events with it. */
export interface EventOwner {
  readonly isDead: boolean;
  /** Its events wait until it is thawed. */
  readonly isFrozen: boolean;
}

interface ScheduledEvent {
  readonly atMs: number;
  readonly order: number;
  readonly owner: EventOwner | undefined;
  readonly run: () => void;
}

const realNextTick = process.nextTick.bind(process);

/** What happens next: events by virtual time, and by the order in which they were planned where that is the same. */
export class Scheduler {
  readonly #heap: ScheduledEvent[] = [];
  /** Events of those that are frozen, in the order in which they would have run. */
  readonly #waiting = new Map<EventOwner, ScheduledEvent[]>();
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
      if (owner?.isFrozen === true) {
        const waiting = this.#waiting.get(owner);
        if (waiting === undefined) this.#waiting.set(owner, [event]);
        else waiting.push(event);
        continue;
      }
      this.owner = owner;
      event.run();
      // The first tick comes after all promises, the second one after what ticks of others have led to. A turn of the event loop took longer.
      await new Promise<void>(resolve => realNextTick(() => realNextTick(resolve)));
      this.owner = undefined;
    }
  }

  /** It is frozen no more. */
  thaw(owner: EventOwner): void {
    for (const { run } of this.#waiting.get(owner) ?? []) this.after(0, owner, run);
    this.#waiting.delete(owner);
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
