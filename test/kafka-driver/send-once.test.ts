import kafkajs from 'kafkajs';
import { afterEach, expect, test } from 'vitest';
import { Broker } from '../../src/embedded-kafka/broker.js';
import { brokerSettings } from '../../src/embedded-kafka/options.js';
import { KafkaServer } from '../../src/embedded-kafka/server.js';
import { internals, type ProtocolRequest } from '../../src/kafka/kafkajs/kafkajs-internals.js';
import type { ProduceArguments } from '../../src/kafka/kafkajs/patches/lean-produce.js';
import { deferred } from '../deferred.js';
import { createTopic, driverFor, uniqueName } from './brokers.js';
import { consumerOptions, GroupMember } from './group-member.js';
import { waitUntil } from './wait-until.js';

const closing: (() => Promise<unknown> | undefined)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Changes what all kafkajs of this process make of a kind of requests, until the test ends. */
function change(name: string, how: (made: ProtocolRequest, args: ProduceArguments) => ProtocolRequest): void {
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

test.each(['is still under way', 'has come, and its partition has another leader now'])(
  'a transaction has each record once when a broker fails while the answer of another one %s',
  async when => {
    const { driver, leaders } = await startBrokers();
    const [topic, results] = [await createTopic(driver, 2), await createTopic(driver, 2)];
    const options = { ...consumerOptions(uniqueName('group'), topic), transactionalId: uniqueName('id') };
    const member = new GroupMember(driver, { ...options, placement: 'one-member' });
    closing.push(() => member.port.stop(5_000));
    await member.port.start();
    await waitUntil(() => member.partitions.length === 2);

    const [repeated, answered] = [deferred(), deferred()];
    let toFirst = 0;
    change('Produce', (made, { topicData, transactionalId }) => {
      if (transactionalId === undefined || transactionalId === null) return made;
      if (topicData.some(({ partitions }) => partitions.some(({ partition }) => partition === 0))) {
        toFirst += 1;
        if (toFirst > 1) {
          repeated.resolve();
          return made;
        }
        const encode = async () => {
          if (when !== 'is still under way') {
            await answered.promise;
            leaders[1] = 0;
          }
          throw new kafkajs.KafkaJSConnectionError('lost on purpose');
        };
        return { ...made, request: { ...made.request, encode } };
      }
      const parse = async (data: unknown) => {
        if (when === 'is still under way') await repeated.promise;
        const parsed = await made.response.parse(data);
        answered.resolve();
        return parsed;
      };
      return { ...made, response: { ...made.response, parse } };
    });

    const records = [0, 1].map(partition => ({
      ...{ topic: results, partition },
      records: [{ key: null, value: Buffer.from(`to ${partition}`), headers: {} }],
    }));
    const commit = () =>
      member.port.commitTransaction(member.epoch, records, [
        { partition: 0, offset: 0n, metadata: 'next=0' },
      ]);
    const refusal = 'a broker failed while others had taken their share: all of it has to be sent anew';
    await expect(commit()).rejects.toMatchObject({
      ...{ code: 'ERR_BROKER', retriable: true },
      message: `cannot produce results and commit their offsets: ${refusal}`,
    });
    expect(await commit()).toBe('committed');
    const values: string[] = [];
    const onRecord = ({ value }: { value: Buffer | null }): void => void values.push(String(value));
    await driver.readToEnd({ topic: results, from: new Map(), onRecord });
    expect(values.sort()).toEqual(['to 0', 'to 1']);
  },
);
