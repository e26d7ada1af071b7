import type { CallContext } from './call-context.js';
import type { FileReady } from './file-work.js';
import type { MethodResult } from './invoke-method.js';

/** What a call in another place than this thread is made with. */
export interface CallRequest {
  readonly ready: FileReady;
  readonly context: CallContext;
  /** The lock is held for this call. */
  readonly holdsLock: boolean;
}

/** Where calls are made, if not in this thread. */
export interface CallPlace {
  /**
   * Takes a seat for one call; waits until there is one. A seat that cannot be had is one whose call fails.
   * @throws the reason of the signal, when it is aborted meanwhile
   */
  take(signal: AbortSignal): Promise<CallSeat>;
}

/** Is used for one call, or left. */
export interface CallSeat {
  /** For people: `process 4711`. */
  readonly name: string;
  /** Makes the call. Never rejects. */
  invoke(request: CallRequest): Promise<MethodResult>;
  /** Ends the running call by force; it fails then. */
  kill(): void;
  /** No call will be made. */
  leave(): void;
}
