import { type Broker } from '../broker.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type TopicConfig } from '../topics/topic-config.js';
import { resourceTypes } from './config-entries.js';

export interface ConfigResource {
  readonly type: number;
  readonly name: string;
}

export interface Alteration {
  readonly code: ErrorCode;
  readonly message: string | null;
}

/** Nothing was wrong. */
export const success: Alteration = { code: errorCodes.NONE, message: null };

/**
 * Gives a topic other settings. The broker's own cannot be changed while it runs.
 * @param change - the new settings, or one sentence that says what is wrong
 * @param isDryRun - checks only
 */
export function alterResource(
  broker: Broker,
  { type, name }: ConfigResource,
  change: (present: TopicConfig) => TopicConfig | string,
  isDryRun: boolean,
): Alteration {
  if (type === resourceTypes.broker) {
    return refused(errorCodes.INVALID_REQUEST, 'The settings of the broker are fixed when it starts.');
  }
  if (type !== resourceTypes.topic) {
    return refused(errorCodes.INVALID_REQUEST, `Resource type ${type} has no configuration here.`);
  }
  const topic = broker.topics.get(name);
  if (topic === undefined) {
    return refused(errorCodes.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`);
  }
  const changed = change(topic.config);
  if (typeof changed === 'string') return refused(errorCodes.INVALID_CONFIG, changed);
  if (!isDryRun) topic.config = changed;
  return success;
}

export function writeAlteration(
  response: ResponseWriter,
  { type, name }: ConfigResource,
  { code, message }: Alteration,
): void {
  response.errorCode(code).string(message).int8(type).string(name);
}

function refused(code: ErrorCode, message: string): Alteration {
  return { code, message };
}
