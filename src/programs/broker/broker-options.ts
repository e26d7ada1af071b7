import { parseWholeNumber } from '../../config/values/parse-number.js';
import { topicName, topicNameRule } from '../../config/values/topic-name.js';
import { ConfigError } from '../../errors.js';

/** The flags of `reproducer broker` as they were typed. */
export interface BrokerFlags {
  readonly port: string;
  readonly host: string;
  readonly advertise?: string;
  readonly topic?: readonly string[];
  readonly partitions: string;
  readonly autoCreate: boolean;
}

export interface TopicToCreate {
  readonly name: string;
  readonly partitions: number;
}

/** What `reproducer broker` is to do. */
export interface BrokerOptions {
  /** 0 for a free one. */
  readonly port: number;
  readonly host: string;
  readonly advertisedHost?: string;
  readonly topics: readonly TopicToCreate[];
  /** Of topics for which none is given, and of those that are created when a client asks for them. */
  readonly defaultPartitions: number;
  readonly autoCreateTopics: boolean;
}

const maxPort = 65_535;
const maxPartitions = 10_000;

/** @throws {ConfigError} with all mistakes at once, in flag names */
export function readBrokerFlags(flags: BrokerFlags): BrokerOptions {
  const problems: string[] = [];
  const wholeNumber = (flag: string, text: string, least: number, most: number): number => {
    const value = numberIn(text, least, most);
    if (value === undefined) {
      problems.push(
        `${flag}: expected a whole number from ${least} to ${most}, found ${JSON.stringify(text)}`,
      );
    }
    return value ?? least;
  };
  const port = wholeNumber('--port', flags.port, 0, maxPort);
  const defaultPartitions = wholeNumber('--partitions', flags.partitions, 1, maxPartitions);
  const topics = (flags.topic ?? []).map(text => {
    const [name, count] = splitAtColon(text);
    if (!topicName.test(name)) problems.push(`--topic ${text}: ${JSON.stringify(name)} ${topicNameRule}`);
    const partitions =
      count === undefined ? defaultPartitions : wholeNumber(`--topic ${text}`, count, 1, maxPartitions);
    return { name, partitions };
  });
  if (problems.length > 0) throw new ConfigError(problems);
  const { host, advertise, autoCreate } = flags;
  const advertised = advertise === undefined ? {} : { advertisedHost: advertise };
  return { port, host, ...advertised, topics, defaultPartitions, autoCreateTopics: autoCreate };
}

function numberIn(text: string, least: number, most: number): number | undefined {
  try {
    const value = parseWholeNumber(text);
    return value >= least && value <= most ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Kafka's topics have no colon in their names. */
function splitAtColon(text: string): [string, string | undefined] {
  const colon = text.indexOf(':');
  return colon < 0 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}
