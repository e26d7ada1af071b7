import type { CompiledWorkerOptions } from '../../config/worker-options.js';
import type { AdminPort, KafkaDriver, TopicInfo } from '../../kafka/driver.js';
import { createKafkajsDriver } from '../../kafka/kafkajs/create-driver.js';
import { tellOfTrouble } from '../../kafka/tell-of-trouble.js';
import { transactionalIdOf } from '../../engine/group-membership.js';
import { countText } from '../../observe/quantity-text.js';
import type { PreparedRun } from '../prepare-run.js';
import { checkGroup } from './check-group.js';
import { pointsOrProblem, renderCheck, type CheckPoint } from './check-point.js';
import { checkIsolation } from './check-isolation.js';
import { checkGroupRights, checkTopicRights } from './check-rights.js';
import {
  checkAnnouncementTopic,
  checkConsumeTopic,
  checkDeadLetterTopic,
  checkProduceTopic,
  checkStateTopic,
  numberSetting,
} from './check-topic.js';

type CheckedDriver = Pick<KafkaDriver, 'admin' | 'connectionTrouble'>;
type Cluster = Awaited<ReturnType<AdminPort['clusterInfo']>>;

/**
 * Answers --check: connects and looks at everything the worker needs, without joining the group, reading or committing; with
 * `--isolation` also whether a thread or process finds the class.
 *
 * @returns a table for people; `isOk` false when the worker could not do its work
 */
export async function checkInstallation(
  run: PreparedRun,
  driver: CheckedDriver = driverOf(run),
): Promise<{ text: string; isOk: boolean }> {
  const { definition, configuration } = run;
  const notes = configuration.warnings.map((text): CheckPoint => ({
    status: 'note',
    subject: 'configuration',
    text,
  }));
  const isolation = await checkIsolation(run);
  // The client itself says why only once it has given up.
  const endTelling = tellOfTrouble(driver, error =>
    run.logger.warn({}, `${error.message}; this is tried again for a few seconds`),
  );
  const found = await lookAt(driver, configuration.options).finally(endTelling);
  const points = [...notes, ...isolation, ...found];
  return {
    text: renderCheck(definition.name, points),
    isOk: points.every(({ status }) => status !== 'problem'),
  };
}

function driverOf({ configuration, logger }: PreparedRun): KafkaDriver {
  const { connection, compression } = configuration.options;
  return createKafkajsDriver({ connection, compression, logger });
}

async function lookAt(driver: CheckedDriver, options: CompiledWorkerOptions): Promise<CheckPoint[]> {
  let admin: AdminPort | undefined;
  let brokers: Cluster['brokers'] = [];
  const connection = await pointsOrProblem('brokers', async () => {
    admin = await driver.admin();
    const cluster = await admin.clusterInfo();
    ({ brokers } = cluster);
    return [brokersPoint(cluster)];
  });
  if (admin === undefined) return connection;
  try {
    return [...connection, ...(await lookAtTopics(admin, brokers, options))];
  } finally {
    await admin.close();
  }
}

function brokersPoint({ clusterId, brokers }: Cluster): CheckPoint {
  const list = brokers.map(({ nodeId, host, port }) => `${nodeId} at ${host}:${port}`).join(', ');
  return {
    status: 'ok',
    subject: 'brokers',
    text: `cluster ${clusterId}, ${countText(brokers.length, 'broker')}: ${list}`,
  };
}

async function lookAtTopics(
  admin: AdminPort,
  brokers: Cluster['brokers'],
  options: CompiledWorkerOptions,
): Promise<CheckPoint[]> {
  const { consumeTopic, produceTopic, groupId } = options;
  let topic: TopicInfo | null = null;
  const consume = await pointsOrProblem('consume topic', async () => {
    topic = await admin.describeTopic(consumeTopic);
    return checkConsumeTopic(topic, options, await brokerFetchBytes(admin, brokers));
  });
  const group = await pointsOrProblem('group', async () =>
    topic === null
      ? []
      : [
          ...checkGroup(await admin.committedOffsets(groupId, consumeTopic), topic, options),
          ...(await checkGroupRights(admin, groupId)),
        ],
  );
  const produce =
    produceTopic === undefined
      ? []
      : await pointsOrProblem('produce topic', async () =>
          checkProduceTopic(await admin.describeTopic(produceTopic), produceTopic),
        );
  const state = await lookAtStateTopic(admin, options);
  const letters = await lookAtDeadLetterTopic(admin, options);
  const announcements = await lookAtAnnouncementTopics(admin, options);
  const rights = await pointsOrProblem('rights', () => checkTopicRights(admin, options));
  const delivery = await lookAtDelivery(admin, options);
  return [...consume, ...group, ...produce, ...state, ...letters, ...announcements, ...rights, ...delivery];
}

/** The least of all brokers; infinite where their settings may not be read. */
async function brokerFetchBytes(admin: AdminPort, brokers: Cluster['brokers']): Promise<number> {
  const limits: number[] = [];
  for (const { nodeId } of brokers)
    limits.push(numberSetting(await admin.brokerConfig(nodeId), 'fetch.max.bytes') ?? Infinity);
  return Math.min(...limits);
}

async function lookAtStateTopic(
  admin: AdminPort,
  { stateTopic }: CompiledWorkerOptions,
): Promise<CheckPoint[]> {
  if (stateTopic === undefined) return [];
  return pointsOrProblem('state topic', async () =>
    checkStateTopic(await admin.describeTopic(stateTopic), stateTopic),
  );
}

async function lookAtDeadLetterTopic(
  admin: AdminPort,
  { deadLetterTopic }: CompiledWorkerOptions,
): Promise<CheckPoint[]> {
  if (deadLetterTopic === undefined) return [];
  return pointsOrProblem('dead letters', async () =>
    checkDeadLetterTopic(await admin.describeTopic(deadLetterTopic), deadLetterTopic),
  );
}

async function lookAtAnnouncementTopics(
  admin: AdminPort,
  { heartbeats, logMessages }: CompiledWorkerOptions,
): Promise<CheckPoint[]> {
  const points: CheckPoint[] = [];
  for (const [subject, announcement] of [
    ['heartbeats', heartbeats],
    ['log messages', logMessages],
  ] as const) {
    if (announcement === undefined) continue;
    const { topic } = announcement;
    points.push(
      ...(await pointsOrProblem(subject, async () =>
        checkAnnouncementTopic(await admin.describeTopic(topic), topic, subject),
      )),
    );
  }
  return points;
}

async function lookAtDelivery(admin: AdminPort, options: CompiledWorkerOptions): Promise<CheckPoint[]> {
  const transactionalId = transactionalIdOf(options);
  if (transactionalId === undefined) return [];
  return pointsOrProblem('delivery', async () => {
    await admin.checkTransactions(transactionalId, options.groupId);
    const text = `exactly once: results and offsets are committed together, with transactional id ${transactionalId}`;
    return [{ status: 'ok', subject: 'delivery', text }];
  });
}
