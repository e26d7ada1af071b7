import type { GatheredValues } from './gather-values.js';
import { topicName } from './values/topic-name.js';
import type { CompiledWorkerOptions } from './worker-options.js';
import type { WorkerSettings } from './worker-settings.js';

/**
 * Which topic keeps what became of files: the one that was named, else one that is named after the group.
 *
 * A group that is new at each start keeps nothing, or each start would leave a topic behind.
 */
export function compileStateTopic(
  { stateTopic, groupId = '', consumeTopic, produceTopic }: WorkerSettings,
  gathered: GatheredValues,
): Pick<CompiledWorkerOptions, 'stateTopic' | 'requiresStateTopic'> {
  if (stateTopic === 'none') return {};
  if (stateTopic === undefined && groupId.toLowerCase() === 'create_new') return {};
  const name = stateTopic ?? `${groupId}.files`;
  if (name === consumeTopic || name === produceTopic) {
    const whose = stateTopic === undefined ? 'by default it is named after the group; ' : '';
    gathered.problems.push(
      `--state-topic must be a topic of its own, not the one for chunks or for results (${whose}${name})`,
    );
  } else if (stateTopic === undefined && !topicName.test(name)) {
    gathered.warnings.push(
      `--state-topic is none, as no topic can be named ${name}: give a name, or another --group-id`,
    );
    return {};
  }
  return stateTopic === undefined ? { stateTopic: name } : { stateTopic, requiresStateTopic: true };
}
