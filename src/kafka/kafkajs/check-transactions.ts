import kafkajs, { type Consumer } from 'kafkajs';
import { BrokerError } from '../../errors.js';
import type { KafkaClient } from './connection-config.js';
import { neededVersions } from './patches/group-fencing.js';
import { judgeKafkaError, toBrokerError } from './judge-kafka-error.js';
import type { Cluster, Coordinator } from './kafkajs-internals.js';

const { PartitionAssigners } = kafkajs;

/** kafkajs's coordinator type. */
const ofTransactions = 1;
/** No broker gave out such an id, so a request with it can only be refused. */
const unknownProducerId = (2n ** 62n).toString();
const impossible = 'exactly-once delivery is not possible here';

/**
 * Asks whether transactions that are fenced by the group's generation can be used, without changing anything: a producer
 * that initialised the transactional id would shut out the one at work.
 *
 * @throws {BrokerError} with the reason; not retriable where nothing helps but another broker, or more rights
 */
export async function checkTransactions(
  cluster: Cluster,
  transactionalId: string,
  groupId: string,
): Promise<void> {
  const ofGroup = await coordinatorOf(cluster, { groupId }, `of group ${groupId}`);
  checkVersions(ofGroup);
  const coordinator = await coordinatorOf(
    cluster,
    { groupId: transactionalId, coordinatorType: ofTransactions },
    `of transactional id ${transactionalId}`,
  );
  checkVersions(coordinator);
  await checkRight(coordinator, transactionalId);
}

function checkVersions({ versions }: Coordinator): void {
  for (const { name, apiKey, version } of neededVersions) {
    const found = versions[apiKey]?.maxVersion;
    if (found !== undefined && found >= version) continue;
    const serves = found === undefined ? 'does not serve it' : `serves versions up to ${found}`;
    throw new BrokerError(
      `${impossible}: it needs Kafka 2.5 or later, which speaks version ${version} of ${name}; this broker ${serves}. Use --delivery at-least-once`,
      { retriable: false, isForbidden: true },
    );
  }
}

async function coordinatorOf(
  cluster: Cluster,
  of: { groupId: string; coordinatorType?: number },
  what: string,
): Promise<Coordinator> {
  try {
    return await cluster.findGroupCoordinator(of);
  } catch (error) {
    const { kind, type } = judgeKafkaError(error);
    if (kind !== 'forbidden' && kind !== 'unreachable' && of.coordinatorType === ofTransactions)
      throw new BrokerError(
        `no broker coordinates transactions${type === undefined ? '' : ` (${type})`}: is __transaction_state there? ` +
          'Making it takes as many brokers as transaction.state.log.replication.factor says',
        { cause: error, retriable: true },
      );
    throw toBrokerError(`${impossible}: cannot find the coordinator ${what}`, error);
  }
}

/** Ends a transaction that does not exist: the right to write with the id is looked at first. */
async function checkRight(coordinator: Coordinator, transactionalId: string): Promise<void> {
  try {
    await coordinator.endTxn({
      transactionalId,
      producerId: unknownProducerId,
      producerEpoch: 0,
      transactionResult: false,
    });
  } catch (error) {
    if (judgeKafkaError(error).kind === 'forbidden')
      throw toBrokerError(`${impossible}: cannot write with transactional id ${transactionalId}`, error);
  }
}

/** The connections of a client that is in no group. */
export interface ConnectedCluster {
  readonly cluster: Cluster;
  /** Never rejects. */
  readonly disconnect: () => Promise<void>;
}

/** Connects without joining a group. kafkajs shows the object with the connections to a partition assigner only. */
export async function connectCluster({ kafka }: KafkaClient, groupId: string): Promise<ConnectedCluster> {
  let cluster: Cluster | undefined;
  const consumer: Consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    partitionAssigners: [
      config => {
        cluster = config.cluster as unknown as Cluster;
        return PartitionAssigners.roundRobin(config);
      },
    ],
  });
  const disconnect = (): Promise<void> => consumer.disconnect().catch(() => undefined);
  try {
    await consumer.connect();
    return { cluster: cluster!, disconnect };
  } catch (error) {
    await disconnect();
    throw error;
  }
}

/** Connects as `connectCluster` does, for as long as `use` takes. */
export async function withCluster<T>(
  client: KafkaClient,
  groupId: string,
  use: (cluster: Cluster) => Promise<T>,
): Promise<T> {
  const { cluster, disconnect } = await connectCluster(client, groupId);
  try {
    return await use(cluster);
  } finally {
    await disconnect();
  }
}
