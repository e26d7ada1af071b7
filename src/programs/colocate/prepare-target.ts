import { ConfigError } from '../../errors.js';
import type { AdminPort, TopicInfo } from '../../kafka/driver.js';
import { countText } from '../../observe/quantity-text.js';
import type { CopyTarget } from './copy-queue.js';

/** Kafka's own default for `max.message.bytes`. */
const usualMessageBytes = 1_048_588;
const usualBatchBytes = 800_000;
/** Settings of the source that a new target gets as well, where they may be read. */
const copiedSettings = ['max.message.bytes', 'retention.ms'] as const;

export interface TargetOptions {
  readonly from: string;
  readonly to: string;
  /** What a target that does not exist is created with; an existing one must have it. */
  readonly targetPartitions?: number;
  /** Changes nothing: a missing target is not created. */
  readonly isDryRun: boolean;
}

export interface PreparedTarget {
  readonly source: TopicInfo;
  readonly target: CopyTarget;
  /** Null: it does not exist, and this is a dry run. */
  readonly info: TopicInfo | null;
  readonly warnings: readonly string[];
}

/**
 * Looks at both topics and creates the target where that is asked for.
 *
 * @throws {ConfigError} a topic is not there, or the target is not what was asked for
 * @throws {BrokerError}
 */
export async function prepareTarget(admin: AdminPort, options: TargetOptions): Promise<PreparedTarget> {
  const { from, to, targetPartitions } = options;
  const source = await admin.describeTopic(from);
  if (source === null)
    throw new ConfigError(`FROM: topic ${from} does not exist, or this user may not see it`);
  const existing = await admin.describeTopic(to);
  if (existing === null && targetPartitions === undefined)
    throw new ConfigError(
      `TO: topic ${to} does not exist, or this user may not see it; give --target-partitions N to create it`,
    );
  const info = existing ?? (await createTarget(admin, source, options));
  const partitionCount = info?.partitions.length ?? targetPartitions!;
  if (targetPartitions !== undefined && partitionCount !== targetPartitions)
    throw new ConfigError(
      `--target-partitions ${targetPartitions}: topic ${to} exists with ${countText(partitionCount, 'partition')}; leave the flag out, or name another target`,
    );
  const messageBytes = numberOf(info, 'max.message.bytes') ?? usualMessageBytes;
  return {
    source,
    info,
    target: { topic: to, partitionCount, maxBatchBytes: Math.min(usualBatchBytes, messageBytes) },
    warnings: info === null ? [] : warningsAbout(source, info),
  };
}

async function createTarget(
  admin: AdminPort,
  source: TopicInfo,
  { to, targetPartitions, isDryRun }: TargetOptions,
): Promise<TopicInfo | null> {
  if (isDryRun) return null;
  const entries = copiedSettings.flatMap(name => {
    const value = source.config?.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  // The time stamps of the source are kept, also where they are those of its broker.
  const settings = { ...Object.fromEntries(entries), 'message.timestamp.type': 'CreateTime' };
  await admin.createTopic(to, targetPartitions!, settings);
  return admin.describeTopic(to);
}

function warningsAbout(source: TopicInfo, target: TopicInfo): string[] {
  const warnings: string[] = [];
  const [sourceLimit, targetLimit] = [source, target].map(topic => numberOf(topic, 'max.message.bytes'));
  if (sourceLimit !== undefined && targetLimit !== undefined && targetLimit < sourceLimit)
    warnings.push(
      `${target.topic} takes messages of at most ${targetLimit} bytes (max.message.bytes), ${source.topic} of ${sourceLimit}: a larger one ends the copy`,
    );
  if (target.config?.get('message.timestamp.type') === 'LogAppendTime')
    warnings.push(
      `${target.topic} has message.timestamp.type=LogAppendTime: its broker replaces the time stamps of the messages`,
    );
  if (target.config?.get('cleanup.policy')?.includes('compact') === true)
    warnings.push(
      `${target.topic} is compacted: chunks of an older upload vanish when a file is uploaded again; cleanup.policy=delete suits chunks better`,
    );
  const sourceMs = numberOf(source, 'retention.ms') ?? -1;
  const targetMs = numberOf(target, 'retention.ms') ?? -1;
  if (targetMs >= 0 && (sourceMs < 0 || targetMs < sourceMs))
    warnings.push(
      `${target.topic} keeps messages for ${targetMs} ms (retention.ms), ${source.topic} for ${sourceMs < 0 ? 'ever' : `${sourceMs} ms`}: time stamps are kept, so older messages may be removed right after they were copied`,
    );
  return warnings;
}

/** A setting that is a number; undefined when settings may not be read. */
function numberOf(topic: TopicInfo | null, name: string): number | undefined {
  const value = Number(topic?.config?.get(name) ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}
