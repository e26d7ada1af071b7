import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { compileConnection } from './librdkafka/compile-connection.js';
import type { ConfigurationSources, GatheredValues } from './gather-values.js';
import { subjectOf } from './given-values.js';
import { compileAnnouncements } from './compile-announcements.js';
import { compileDeadLetterTopic } from './compile-dead-letter-topic.js';
import { compileStateTopic } from './compile-state-topic.js';
import { durationText } from '../duration-text.js';
import type { CompiledWorkerOptions } from './worker-options.js';
import type { WorkerSettings } from './worker-settings.js';

/** Bytes of a chunk's message beside its data: key, hashes, names and the record's own fields. */
const envelopeBytes = 1024;
const bytesPerFetch = 8 * 1024 * 1024;
/** A response is held up to three times: being looked at, being read, and its memory to be used again. */
const fetchShare = 8;
/** A member hears at its next heartbeat that the group is put together anew, so this is added to each take-over. */
const mostHeartbeatMs = 1_000;

/**
 * Puts the compiled options together. Problems go to `gathered.problems`; the result is of use only if there are none.
 * Fetch sizes: four chunks per partition in one answer, as measured best; 8 MiB over all partitions. Less where the memory budget is
 * small, but one chunk in any case.
 */
export function compileWorkerOptions(
  sources: ConfigurationSources,
  settings: WorkerSettings,
  gathered: GatheredValues,
  randomId: () => string = randomUUID,
): CompiledWorkerOptions {
  const { properties } = gathered;
  const { values } = properties;
  const connection = compileConnection(
    {
      brokers: settings.brokers ?? [],
      name: sources.definition.name,
      properties,
      readFile: sources.readFile,
      cwd: sources.cwd,
    },
    gathered,
  );
  const messageBytes = settings.chunkBytes + envelopeBytes;
  const shareBytes = Math.max(messageBytes, Math.floor(settings.memoryBudgetBytes / fetchShare));
  const maxBytesPerPartition = values.maxBytesPerPartition ?? Math.min(4 * messageBytes, shareBytes);
  const { groupInstanceId, produceTopic, timeoutMs, match, untilIdleMs, limit, metrics, diskBudgetBytes } =
    settings;
  const groupId = groupIdOf(settings, gathered, randomId);
  const state = compileStateTopic(settings, gathered);
  return {
    connection,
    consumeTopic: settings.consumeTopic ?? '',
    ...(produceTopic === undefined ? {} : { produceTopic }),
    groupId,
    ...(groupInstanceId === undefined ? {} : { groupInstanceId }),
    startFrom: settings.startFrom,
    sessionTimeoutMs: settings.sessionTimeoutMs,
    heartbeatIntervalMs: heartbeatOf(settings, gathered),
    rebalanceTimeoutMs: 60_000,
    metadataMaxAgeMs: values.metadataMaxAgeMs ?? 60_000,
    chunkBytes: settings.chunkBytes,
    maxBytesPerPartition,
    maxBytes: values.maxBytes ?? Math.max(Math.min(bytesPerFetch, shareBytes), maxBytesPerPartition),
    maxWaitMs: values.maxWaitMs ?? 250,
    concurrency: settings.concurrency,
    isolation: settings.isolation,
    attempts: settings.attempts,
    backoffMs: settings.backoffMs,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(match === undefined ? {} : { match }),
    onFailure: settings.onFailure,
    delivery: settings.delivery,
    placement: settings.placement,
    ...state,
    incompleteAfterMs: settings.incompleteAfterMs,
    ...compileDeadLetterTopic(settings, gathered),
    crashLimit: settings.crashLimit,
    retryFailed: settings.retryFailed,
    reprocessIdentical: settings.reprocessIdentical,
    mode: settings.mode,
    ...compileFolders(sources, settings),
    memoryBudgetBytes: settings.memoryBudgetBytes,
    ...(diskBudgetBytes === undefined ? {} : { diskBudgetBytes }),
    limits: {
      maxFileBytes: settings.maxFileBytes,
      maxChunkCount: settings.maxChunkCount,
      maxChunkBytes: settings.maxChunkBytes,
      maxOpenFiles: settings.maxOpenFiles,
      maxPathBytes: settings.maxPathBytes,
    },
    drainTimeoutMs: settings.drainTimeoutMs,
    ...(untilIdleMs === undefined ? {} : { untilIdleMs }),
    ...(limit === undefined ? {} : { limit }),
    compression: settings.compression,
    logLevel: settings.logLevel,
    logFileLevel: settings.tables === 'none' ? 'silent' : settings.logFileLevel,
    ...(metrics === undefined ? {} : { metrics }),
    ...compileAnnouncements(settings, sources.definition.name, state.stateTopic, gathered),
  };
}

function compileFolders(
  { cwd, definition }: ConfigurationSources,
  { outputDir: given, tables }: WorkerSettings,
): Pick<CompiledWorkerOptions, 'outputDir' | 'tablesFolder'> {
  const outputDir = resolve(cwd, given ?? `${definition.name}_output`);
  if (tables === 'none') return { outputDir };
  return { outputDir, tablesFolder: tables === undefined ? outputDir : resolve(cwd, tables) };
}

/** `create_new` is OpenMSIStream's word for a group that nobody used before. */
function groupIdOf(settings: WorkerSettings, gathered: GatheredValues, randomId: () => string): string {
  const groupId = settings.groupId ?? '';
  if (groupId.toLowerCase() !== 'create_new') return groupId;
  const subject = subjectOf('group-id', gathered.values.get('group-id'));
  gathered.warnings.push(
    `${subject} create_new makes a new group at each start, so nothing is resumed; give a fixed name, or none`,
  );
  return randomId();
}

function heartbeatOf(settings: WorkerSettings, gathered: GatheredValues): number {
  const { values, places } = gathered.properties;
  const sessionTimeoutMs = settings.sessionTimeoutMs;
  const given = values.heartbeatIntervalMs;
  if (given === undefined) return Math.min(mostHeartbeatMs, Math.floor(sessionTimeoutMs / 3));
  if (given >= sessionTimeoutMs && sessionTimeoutMs > 0) {
    gathered.problems.push(
      `${places.get('heartbeat.interval.ms')!} must be less than the session timeout (${durationText(sessionTimeoutMs)}); found "${durationText(given)}"`,
    );
  }
  return given;
}
