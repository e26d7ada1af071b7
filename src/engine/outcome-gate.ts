import type { RawRecord } from '../kafka/driver.js';
import type { EngineEvent } from './messages.js';

/** What cannot be judged before the outcomes of earlier runs are known. */
export type HeldEvent = EngineEvent & { kind: 'records' | 'position-reset' };

/**
 * Holds back what is read of the topic while the state topic is being read. Reading pauses meanwhile, so it is no more than what
 * was under way.
 */
export class OutcomeGate {
  #held: HeldEvent[] = [];
  #awaitedId = 0;
  #isClosed = false;

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** @returns the id of the reading that opens it again; one that was asked for before does not */
  close(): number {
    this.#isClosed = true;
    this.#awaitedId += 1;
    return this.#awaitedId;
  }

  hold(event: HeldEvent): void {
    this.#held.push(copyOfEvent(event));
  }

  /** @returns what was held, in its order; undefined when it stays closed */
  open(readId: number): readonly HeldEvent[] | undefined {
    if (!this.#isClosed || readId !== this.#awaitedId) return undefined;
    this.#isClosed = false;
    const held = this.#held;
    this.#held = [];
    return held;
  }
}

/** Its bytes are valid only while it is handled. */
export function copyOfEvent(event: HeldEvent): HeldEvent {
  return event.kind === 'records' ? { ...event, records: event.records.map(copyOf) } : event;
}

function copyOf(record: RawRecord): RawRecord {
  const { key, value } = record;
  return { ...record, key: key && Buffer.from(key), value: value && Buffer.from(value) };
}
