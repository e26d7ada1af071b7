import type { EmbeddedKafka } from '../../embedded-kafka/index.js';
import { countText } from '../../observe/quantity-text.js';
import type { BrokerOptions } from './broker-options.js';

const thisMachine: ReadonlySet<string> = new Set(['127.0.0.1', '::1', 'localhost']);

/** What the program prints when the broker listens: what it is, how to use it, and what it is not. */
export function introduction(kafka: EmbeddedKafka, options: BrokerOptions): string {
  const { brokers } = kafka;
  return `An embedded Kafka broker listens on ${brokers}.
${topicsText(options)}

Tell your programs with one of these:
  --brokers ${brokers}
  export REPRODUCER_BROKERS=${brokers}
  in a configuration file:
    [broker]
    bootstrap.servers = ${brokers}

It is for development and tests, not for data that you need: all of it is in this process's memory and gone when
it ends. One node, no replication, no passwords, no encryption.
${reachText(options)}Ctrl-C ends it.
`;
}

function topicsText({ topics, autoCreateTopics, defaultPartitions }: BrokerOptions): string {
  const names = topics.map(({ name, partitions }) => `${name} (${countText(partitions, 'partition')})`);
  const given =
    names.length === 0
      ? 'It has no topics. Name those of your class with --topic NAME:PARTITIONS: a worker creates none itself.'
      : `Topics: ${names.join(', ')}.`;
  const others = autoCreateTopics
    ? `A topic that another client uses for the first time is created with ${countText(defaultPartitions, 'partition')}.`
    : 'No topic is created by being used.';
  return `${given}\n${others}`;
}

/** For brokers that others than programs of this machine can use. */
function reachText({ host, advertisedHost }: BrokerOptions): string {
  if (thisMachine.has(host)) return '';
  const who = `Whoever reaches ${host} can read and write everything on it.\n`;
  const isWildcard = host === '0.0.0.0' || host === '::';
  if (advertisedHost !== undefined || !isWildcard) return who;
  return `${who}Programs in containers or on other machines need --advertise with a name under which they reach this machine.\n`;
}

/** What the program prints when it was told to end. */
export function farewell(signal: string, kafka: EmbeddedKafka): string {
  let messageCount = 0;
  for (const topic of kafka.topics()) {
    for (let partition = 0; partition < kafka.partitionCount(topic); partition++) {
      const { start, end } = kafka.offsets(topic, partition);
      messageCount += Number(end - start);
    }
  }
  const what = `${countText(messageCount, 'message')} on ${countText(kafka.topics().length, 'topic')}`;
  return `${signal}: the broker ends, and with it ${what}.\n`;
}
