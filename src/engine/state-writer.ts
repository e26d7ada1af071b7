/** What everything that writes to the state topic says of the worker. */
export interface StateWriterOptions {
  /** Topic with the chunks. */
  readonly topic: string;
  /** Where outcomes are kept. */
  readonly stateTopic: string;
  /** Name and version of the class. */
  readonly name: string;
  readonly version: string;
  readonly groupId: string;
  /** Milliseconds since 1970 at which the engine's clock was 0. */
  readonly timeOriginMs: number;
}
