import { copyOfEvent, type HeldEvent } from './outcome-gate.js';

/**
 * What was read while enough was under way. Reading pauses meanwhile, so it is no more than what the last requests brought.
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

  /**
   * Hands out what is held, in its order, until something of it has to wait again.
   *
   * @param judge returns what of it has to wait
   */
  goOn(judge: (event: HeldEvent) => HeldEvent | undefined): void {
    for (const [at, event] of this.#held.entries()) {
      const rest = judge(event);
      if (rest === undefined) continue;
      this.#held = [rest, ...this.#held.slice(at + 1)];
      return;
    }
    this.#held = [];
  }
}
