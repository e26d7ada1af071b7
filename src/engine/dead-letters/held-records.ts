import { copyOfEvent, type HeldEvent } from '../outcome-gate.js';

/**
 * What was read while too many dead letters were on their way. Reading pauses meanwhile, so it is no more than what was under
 * way.
 */
export class HeldRecords {
  #held: HeldEvent[] = [];

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  /** Its bytes are copied: they are valid only while it is handled. */
  hold(event: HeldEvent): void {
    this.#held.push(copyOfEvent(event));
  }

  /** What was held, in its order. */
  take(): readonly HeldEvent[] {
    const held = this.#held;
    this.#held = [];
    return held;
  }
}
