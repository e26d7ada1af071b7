import type { ReadFile } from '../files/load-config-file.js';
import type { PlacedKafkaProperties } from './kafka-properties.js';

export interface ConnectionInput {
  readonly brokers: readonly string[];
  /** Default client id. */
  readonly name: string;
  readonly properties: PlacedKafkaProperties;
  readonly readFile: ReadFile;
  /** Certificate files are relative to it, as with librdkafka. */
  readonly cwd: string;
}

/** A collector of what people must know or change. */
export interface Remarks {
  readonly warnings: string[];
  readonly problems: string[];
}

/** Names the place of a property, or its name where it was not given. */
export function placeOfProperty(properties: PlacedKafkaProperties, name: string): string {
  return properties.places.get(name) ?? name;
}

/** A sentence for a property that another one makes necessary. */
export function missingProperty(name: string, neededFor: string): string {
  return `${name} is missing: ${neededFor} needs it; write it into [broker] of the --config file`;
}
