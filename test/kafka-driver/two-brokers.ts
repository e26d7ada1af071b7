import { afterEach } from 'vitest';
import { Broker } from '../../src/embedded-kafka/broker.js';
import { brokerSettings } from '../../src/embedded-kafka/options.js';
import { KafkaServer } from '../../src/embedded-kafka/server.js';
import type { KafkaDriver } from '../../src/kafka/driver.js';
import { internals, type ProtocolRequest } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import type { ProduceArguments } from '../../src/kafka/kafkajs/patches/lean-produce.js';
import { createTopic, driverFor, uniqueName } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { waitUntil } from './wait-until.js';

const closing: (() => Promise<unknown> | undefined)[] = [];

/** To be called outside of tests, by each file that uses what is here: this module is loaded once for several. */
export function closeAfterEach(): void {
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
}

/** What a request is made from. */
export interface RequestArguments extends ProduceArguments {
  /** Of EndTxn: whether it commits. */
  readonly transactionResult?: boolean;
}

/** Changes what all kafkajs of this process make of a kind of requests, until the test ends. */
export function change(
  name: string,
  how: (made: ProtocolRequest, args: RequestArguments) => ProtocolRequest,
): void {
  const requests = internals.requests!;
  const original = requests[name]!;
  requests[name] = {
    versions: original.versions,
    protocol: of => args => how(original.protocol(of)(args), args),
  };
  closing.push(() => void (requests[name] = original));
}

interface Metadata {
  readonly topicMetadata: readonly {
    readonly partitionMetadata: readonly { readonly partitionId: number; leader: number }[];
  }[];
  brokers: readonly { readonly nodeId: number; readonly port: number }[];
}

/** One broker that clients take for two, which lead partitions as `leaders` says, by partition: 0 or 1. */
async function startBrokers() {
  const broker = new Broker(brokerSettings({}));
  const ports: number[] = [];
  for (let count = 0; count < 2; count += 1) {
    const server = await KafkaServer.listen(broker, 0);
    closing.push(() => server.close());
    ports.push(broker.port);
  }
  const driver = driverFor([`127.0.0.1:${ports[0]!}`]);
  const leaders = [0, 1];
  change('Metadata', made => {
    const decode = async (raw: Buffer): Promise<Metadata> => {
      const answer = (await made.response.decode(raw)) as Metadata;
      const [{ nodeId, ...place }] = answer.brokers as [Metadata['brokers'][number]];
      answer.brokers = ports.map((port, at) => ({ ...place, nodeId: nodeId + at, port }));
      for (const { partitionMetadata } of answer.topicMetadata)
        for (const partition of partitionMetadata)
          partition.leader = nodeId + leaders[partition.partitionId]!;
      return answer;
    };
    return { ...made, response: { ...made.response, decode } };
  });
  return { driver, leaders };
}

/** A member that may commit in transactions, on brokers as `startBrokers` has them, and topics of two partitions. */
export async function startMember() {
  const { driver, leaders } = await startBrokers();
  const [topic, results] = [await createTopic(driver, 2), await createTopic(driver, 2)];
  const options = { ...consumerOptions(uniqueName('group'), topic), transactionalId: uniqueName('id') };
  const member = new GroupMember(driver, { ...options, placement: 'one-member' });
  closing.push(() => member.port.stop(5_000));
  await member.port.start();
  await waitUntil(() => member.partitions.length === 2);
  /** A result for each partition, and an offset. */
  const commit = (texts: readonly string[]) =>
    member.port.commitTransaction(
      member.epoch,
      texts.map((text, partition) => ({
        ...{ topic: results, partition },
        records: [{ key: null, value: Buffer.from(text), headers: {} }],
      })),
      [{ partition: 0, offset: 0n, metadata: 'next=0' }],
    );
  return { driver, member, leaders, commit, committed: () => textsOf(driver, results) };
}

/** Those that readers of what is committed see. */
async function textsOf(driver: KafkaDriver, topic: string): Promise<string[]> {
  const texts: string[] = [];
  const onRecord = ({ value }: { value: Buffer | null }): void => void texts.push(String(value));
  await driver.readToEnd({ topic, from: new Map(), onRecord });
  return texts.sort();
}
