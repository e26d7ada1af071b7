import type { SerializedError } from '../file-work.js';
import type { FromChild, ToChild } from './child-messages.js';

/** How a child ended. */
export interface ChildEnd {
  /** `ended with exit code 1`, `was killed by SIGSEGV`: continues a sentence about the child. */
  readonly text: string;
  /** What it died of, where that is known. */
  readonly error?: SerializedError;
  /** There has never been one: the system refused it. */
  readonly wasRefused?: true;
}

export interface ChildListener {
  onMessage(message: FromChild): void;
  /** Once; no message comes after it. */
  onEnd(end: ChildEnd): void;
}

/** The worker's end of a child: a process or a thread. */
export interface ChildPort {
  /** For people: `process 4711`. */
  readonly name: string;
  /**
   * Sends a message; to a child that has ended it does nothing.
   * @throws what cannot be sent
   */
  post(message: ToChild): void;
  /** Ends the child at once, whatever it does. */
  kill(): void;
}

/** Starts a child; nothing is known of it yet. Never throws: one that cannot be started ends. */
export type StartChild = (listener: ChildListener) => ChildPort;

export function refusedEnd(error: unknown): ChildEnd {
  const reason = error instanceof Error ? error.message : String(error);
  return { text: `could not be started: ${reason}`, wasRefused: true };
}

/** The end of a child for which starting it threw. It is told of later, as of any other. */
export function refusedChild(name: string, error: unknown, listener: ChildListener): ChildPort {
  setImmediate(() => listener.onEnd(refusedEnd(error)));
  return { name, post: () => undefined, kill: () => undefined };
}
