export interface OpenBroker {
  readonly brokers: readonly string[];
  close(): Promise<void>;
}

/** The broker that was named, or a real Kafka of this run. */
export function openBroker(given: string | undefined, version: string): Promise<OpenBroker> {
  if (given !== undefined) {
    return Promise.resolve({ brokers: given.split(','), close: () => Promise.resolve() });
  }
  throw new Error(`no broker: give --brokers HOST:PORT (${version})`);
}
