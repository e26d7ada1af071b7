import { type Broker } from '../broker.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { TopicConfig } from '../topics/topic-config.js';
import { isTopicName } from '../topics/topic-store.js';
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
  if (name === '') return refused(errorCodes.INVALID_REQUEST, 'Default topic resources are not allowed.');
  if (!isTopicName(name))
    return refused(errorCodes.INVALID_TOPIC_EXCEPTION, `Topic name is invalid: ${name}`);
  const topic = broker.topics.get(name);
  const changed = change(topic?.config ?? TopicConfig.empty);
  if (typeof changed === 'string') return refused(errorCodes.INVALID_CONFIG, changed);
  if (topic === undefined) {
    return refused(errorCodes.UNKNOWN_TOPIC_OR_PARTITION, `The topic '${name}' does not exist.`);
  }
  if (!isDryRun) topic.config = changed;
  return success;
}

/** Says what is wrong with a list of changes, whatever they are of. Only `isDelete` goes without a value. */
export function refuseChanges(
  changes: readonly { readonly name: string; readonly value: string | null; readonly isDelete?: boolean }[],
): Alteration | undefined {
  if (new Set(changes.map(({ name }) => name)).size < changes.length)
    return refused(errorCodes.INVALID_REQUEST, 'Error due to duplicate config keys');
  const nulls = changes.filter(({ value, isDelete }) => value === null && isDelete !== true);
  return nulls.length === 0
    ? undefined
    : refused(
        errorCodes.INVALID_REQUEST,
        `Null value not supported for : ${nulls.map(({ name }) => name).join(', ')}`,
      );
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
