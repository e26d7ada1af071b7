import { nodeId, type Broker } from '../broker.js';
import { errorCodes, type ErrorCode } from '../protocol/error-codes.js';
import { type ResponseWriter } from '../protocol/writer.js';
import { type Api } from './api.js';
import {
  describeBrokerConfig,
  describeTopicConfig,
  resourceTypes,
  type ConfigEntry,
} from './config-entries.js';
import { unknownTopicCode } from './unknown-topic-code.js';

interface WantedResource {
  readonly type: number;
  readonly name: string;
  /** Null for all settings. */
  readonly keys: readonly string[] | null;
}

/** Shows the settings of topics and of the broker. */
export const describeConfigs: Api = {
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleFrom: 4,
  handle({ version, body, response, broker }) {
    const resources = body.structs(() => ({
      type: body.int8(),
      name: body.string(),
      keys: body.nullableArray(() => body.string()),
    }));
    const hasSynonyms = body.boolean();
    response.int32(0);
    response.structs(resources, wanted => {
      const { code, message, entries } = describe(broker, wanted);
      response.errorCode(code).string(message).int8(wanted.type).string(wanted.name);
      response.structs(entries, entry => writeEntry(response, version, entry, hasSynonyms));
    });
    return 'respond';
  },
};

interface Description {
  readonly code: ErrorCode;
  readonly message: string | null;
  readonly entries: readonly ConfigEntry[];
}

function describe(broker: Broker, { type, name, keys }: WantedResource): Description {
  const isWanted = (entry: ConfigEntry): boolean =>
    keys === null || keys.length === 0 || keys.includes(entry.name);
  const topic = type === resourceTypes.topic ? broker.topics.get(name) : undefined;
  if (topic !== undefined) return found(describeTopicConfig(broker, topic).filter(isWanted));
  if (type === resourceTypes.topic) return refused(unknownTopicCode(name), `No topic '${name}'.`);
  if (type !== resourceTypes.broker) {
    return refused(errorCodes.INVALID_REQUEST, `Resource type ${type} has no configuration here.`);
  }
  if (name === '') return found([]);
  if (name !== String(nodeId)) {
    return refused(
      errorCodes.INVALID_REQUEST,
      `Unexpected broker id, expected ${nodeId}, but received ${name}`,
    );
  }
  return found(describeBrokerConfig(broker).filter(isWanted));
}

function found(entries: readonly ConfigEntry[]): Description {
  // An empty text, not null: so Kafka answers.
  return { code: errorCodes.NONE, message: '', entries };
}

function refused(code: ErrorCode, message: string): Description {
  return { code, message, entries: [] };
}

function writeEntry(
  response: ResponseWriter,
  version: number,
  entry: ConfigEntry,
  hasSynonyms: boolean,
): void {
  response.string(entry.name).string(entry.value).boolean(entry.isReadOnly);
  response.int8(entry.source).boolean(false);
  response.structs(hasSynonyms ? entry.synonyms : [], ({ name, value, source }) => {
    response.string(name).string(value).int8(source);
  });
  if (version >= 3) response.int8(entry.type).string(null);
}
