import type { CompiledWorkerOptions } from '../../config/worker-options.js';
import type { AdminPort, Operation } from '../../kafka/driver.js';
import type { CheckPoint } from './check-point.js';

/** What the worker does with one topic. */
interface TopicUse {
  readonly subject: string;
  readonly topic: string;
  readonly operations: readonly Operation[];
  /** The worker goes on without it. */
  readonly isOptional: boolean;
}

const tooOld: CheckPoint = {
  status: 'note',
  subject: 'rights',
  text: 'the broker cannot tell the rights of this user: that came with Kafka 2.4',
};

/** What the user may do with the topics; missing topics are the business of their own points. */
export async function checkTopicRights(
  admin: Pick<AdminPort, 'topicOperations'>,
  options: CompiledWorkerOptions,
): Promise<CheckPoint[]> {
  const uses = usesOf(options);
  const granted = await admin.topicOperations(uses.map(({ topic }) => topic));
  if (granted === null) return [tooOld];
  const problems: CheckPoint[] = [];
  const able: string[] = [];
  for (const { subject, topic, operations, isOptional } of uses) {
    const may = granted.get(topic);
    if (may === undefined) continue;
    const missing = operations.filter(operation => !may.has(operation));
    if (missing.length > 0)
      problems.push(missingRight({ subject, resource: `topic ${topic}`, missing, isOptional }));
    else able.push(`${operations.join(' and ')} ${topic}`);
  }
  const text = `this user may ${able.join(', ')}`;
  return able.length === 0 ? problems : [{ status: 'ok', subject: 'rights', text }, ...problems];
}

/** Whether the user may join the group. One that may not even be described is a problem already. */
export async function checkGroupRights(
  admin: Pick<AdminPort, 'groupOperations'>,
  groupId: string,
): Promise<CheckPoint[]> {
  const granted = await admin.groupOperations(groupId);
  return granted === null || granted.has('READ')
    ? []
    : [missingRight({ subject: 'group', resource: `group ${groupId}`, missing: ['READ'] })];
}

function usesOf(options: CompiledWorkerOptions): TopicUse[] {
  const { consumeTopic, produceTopic, stateTopic, deadLetterTopic, heartbeats, logMessages } = options;
  const { requiresStateTopic = false, requiresDeadLetterTopic = false } = options;
  const use = (
    subject: string,
    topic: string | undefined,
    operations: readonly Operation[],
    isOptional = false,
  ): TopicUse[] => (topic === undefined ? [] : [{ subject, topic, operations, isOptional }]);
  return [
    ...use('consume topic', consumeTopic, ['READ']),
    ...use('produce topic', produceTopic, ['WRITE']),
    ...use('state topic', stateTopic, ['READ', 'WRITE'], !requiresStateTopic),
    ...use('dead letters', deadLetterTopic, ['WRITE'], !requiresDeadLetterTopic),
    ...use('heartbeats', heartbeats?.topic, ['WRITE'], true),
    ...use('log messages', logMessages?.topic, ['WRITE'], true),
  ];
}

function missingRight({
  subject,
  resource,
  missing,
  isOptional = false,
}: {
  subject: string;
  resource: string;
  missing: readonly Operation[];
  isOptional?: boolean;
}): CheckPoint {
  const names = missing.join(' and ');
  const consequence = isOptional ? '; the worker goes on without it' : '';
  return {
    status: isOptional ? 'note' : 'problem',
    subject,
    text: `this user has no right to ${names} ${resource}${consequence}. Ask who looks after your Kafka for it`,
  };
}
