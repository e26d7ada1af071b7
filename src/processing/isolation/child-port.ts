import type { SerializedError } from '../file-work.js';
import type { FromChild, ToChild } from './child-messages.js';

/** How a child ended. */
export interface ChildEnd {
  /** `ended with exit code 1`, `was killed by SIGSEGV`: continues a sentence about the child. */
  readonly text: string;
  /** What it died of, where that is known. */
  readonly error?: SerializedError;
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

/** Starts a child; nothing is known of it yet but that it was started. */
export type StartChild = (listener: ChildListener) => ChildPort;
