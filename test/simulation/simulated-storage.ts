import type { PartAction } from '../../src/assembly/byte-store.js';
import type {
  PartCheck,
  PartContent,
  PartStorage,
  PartStorageHandlers,
  StoredPlace,
} from '../../src/assembly/disk/part-storage.js';
import { exactNames, type NameFolding } from '../../src/assembly/name-folding.js';
import { MemoryParts } from '../engine/memory-parts.js';
import type { EventOwner } from './scheduler.js';
import type { World } from './simulated-kafka.js';

/** A disk that takes a while for everything, and now and then a long while, as a full one does. It ends with its worker. */
export class SimulatedStorage implements PartStorage {
  readonly #world: World;
  readonly #owner: EventOwner;
  readonly #name: string;
  readonly #handlers: PartStorageHandlers;
  readonly #parts = new MemoryParts();
  readonly #removed = new Set<number>();
  #busyUntilMs = 0;

  constructor(world: World, owner: EventOwner, name: string, handlers: PartStorageHandlers) {
    this.#world = world;
    this.#owner = owner;
    this.#name = name;
    this.#handlers = handlers;
  }

  open(): Promise<NameFolding> {
    return Promise.resolve(exactNames);
  }

  act(action: PartAction): void {
    if (action.kind === 'remove') this.#removed.add(action.part);
    this.#next(() => {
      this.#parts.apply(action);
      if (action.kind === 'write') this.#handlers.onWritten(action.part, action.data.length);
    });
  }

  verify(content: PartContent): Promise<PartCheck | undefined> {
    const chunks = [...content.chunks];
    return this.#ask(content.part, () => this.#parts.verify({ ...content, chunks }));
  }

  publish(part: number): Promise<StoredPlace | undefined> {
    return this.#ask(part, () => ({ storedAt: String(part) }));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** @param storedAt as `publish` gave it */
  read(storedAt: string, size: number): Buffer {
    return this.#parts.read(Number(storedAt), size);
  }

  #ask<T>(part: number, answer: () => T): Promise<T | undefined> {
    return new Promise(resolve => this.#next(() => resolve(this.#removed.has(part) ? undefined : answer())));
  }

  #next(run: () => void): void {
    const { scheduler, random } = this.#world;
    const isSlow = random.chance(`disk ${this.#name}`, 0.02);
    const takesMs = isSlow ? 700 : random.whole(`disk ${this.#name}`, 0, 4);
    this.#busyUntilMs = Math.max(this.#busyUntilMs, scheduler.nowMs) + takesMs;
    scheduler.after(this.#busyUntilMs - scheduler.nowMs, this.#owner, run);
  }
}
