import type { GatheredValues } from './gather-values.js';
import { topicName } from './values/topic-name.js';
import type { CompiledWorkerOptions } from './worker-options.js';
import type { WorkerSettings } from './worker-settings.js';

/**
 * Which topic gets what is given up: the one that was named, else one that is named after the results' topic or, for a class without
 * results, after the topic that is read and the group.
 */
export function compileDeadLetterTopic(
  { deadLetterTopic, retryFailed, stateTopic, groupId = '', consumeTopic = '', produceTopic }: WorkerSettings,
  gathered: GatheredValues,
): Pick<CompiledWorkerOptions, 'deadLetterTopic' | 'requiresDeadLetterTopic'> {
  if (deadLetterTopic === 'none') {
    if (retryFailed)
      gathered.problems.push(
        '--retry-failed needs the dead letters, and --dead-letter-topic is none: leave one of them out',
      );
    return {};
  }
  const isNewGroup = groupId.toLowerCase() === 'create_new';
  if (deadLetterTopic === undefined && produceTopic === undefined && isNewGroup) return {};
  const name = deadLetterTopic ?? defaultName(consumeTopic, groupId, produceTopic);
  if ([consumeTopic, produceTopic, stateTopic ?? `${groupId}.files`].includes(name)) {
    gathered.problems.push(
      `--dead-letter-topic must be a topic of its own, not the one for chunks, results or outcomes (${name})`,
    );
  } else if (deadLetterTopic === undefined && !topicName.test(name)) {
    gathered.warnings.push(`--dead-letter-topic is none, as no topic can be named ${name}: give a name`);
    return {};
  }
  return deadLetterTopic === undefined
    ? { deadLetterTopic: name }
    : { deadLetterTopic, requiresDeadLetterTopic: true };
}

function defaultName(consumeTopic: string, groupId: string, produceTopic: string | undefined): string {
  return `${produceTopic ?? `${consumeTopic}.${groupId}`}.dead-letters`;
}
