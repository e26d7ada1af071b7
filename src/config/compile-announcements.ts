import { hostname } from 'node:os';
import type { GatheredValues } from './gather-values.js';
import type { AnnouncementOptions, CompiledWorkerOptions } from './worker-options.js';
import type { WorkerSettings } from './worker-settings.js';

/**
 * Where heartbeats and log messages go, if anywhere. Their topics must be others than those the worker reads or writes files'
 * data to; both may go to one.
 *
 * @param name of the class; with host and process it is the default id, which nobody else has
 */
export function compileAnnouncements(
  settings: WorkerSettings,
  name: string,
  stateTopic: string | undefined,
  gathered: GatheredValues,
): Pick<CompiledWorkerOptions, 'heartbeats' | 'logMessages'> {
  const defaultId = `${name}-${hostname()}-${process.pid}`;
  const { heartbeatTopic, heartbeatIntervalMs, heartbeatId = defaultId } = settings;
  const { logTopic, logIntervalMs, logId = defaultId } = settings;
  const { consumeTopic, produceTopic } = settings;
  for (const [flag, topic] of [
    ['heartbeat', heartbeatTopic],
    ['log', logTopic],
  ] as const) {
    if (topic !== undefined && [consumeTopic, produceTopic, stateTopic].includes(topic)) {
      gathered.problems.push(
        `--${flag}-topic must be a topic of its own, not the one for chunks, results or states (${topic})`,
      );
    }
  }
  return {
    ...announcement('heartbeats', heartbeatTopic, heartbeatIntervalMs, heartbeatId),
    ...announcement('logMessages', logTopic, logIntervalMs, logId),
  };
}

function announcement<K extends string>(
  key: K,
  topic: string | undefined,
  intervalMs: number,
  programId: string,
): Partial<Record<K, AnnouncementOptions>> {
  if (topic === undefined) return {};
  return { [key]: { topic, intervalMs, programId } } as Record<K, AnnouncementOptions>;
}
