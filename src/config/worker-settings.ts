import { ArrayNotEmpty, IsInt, IsOptional, Matches, Max, MaxLength, Min } from 'class-validator';
import type { Compression } from './compressions.js';
import type { Delivery } from './deliveries.js';
import type { Isolation } from './isolations.js';
import type { Mode } from './modes.js';
import type { OnFailure } from './on-failure.js';
import type { Placement } from './placements.js';
import type { LogLevel } from '../logger.js';
import type { ListenAddress } from './values/parse-listen-address.js';
import { groupInstanceIdRule, topicName, topicNameRule } from './values/topic-name.js';

const timerMs = 2_147_483_647;
const tooLong = 'must be shorter than 25 days';

/**
 * The worker's options with their types, each value parsed, before they are put together. The decorators say which values
 * are possible; a violation is reported under the flag's name. Fields without a default in the option table may stay
 * undefined.
 */
export class WorkerSettings {
  @IsOptional()
  @ArrayNotEmpty()
  brokers?: readonly string[];

  @IsOptional()
  @Matches(topicName, { message: topicNameRule })
  consumeTopic?: string;

  @IsOptional()
  @Matches(topicName, { message: topicNameRule })
  produceTopic?: string;

  @IsOptional()
  @Matches(/\S/, { message: 'must not be empty' })
  @MaxLength(255, { message: 'must have at most 255 characters' })
  groupId?: string;

  @IsOptional()
  @Matches(topicName, { message: groupInstanceIdRule })
  groupInstanceId?: string;

  startFrom: 'earliest' | 'latest' = 'earliest';

  @Min(100, { message: 'must be 100ms or more' })
  @Max(timerMs, { message: tooLong })
  sessionTimeoutMs = 0;

  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be 1 byte or more' })
  @Max(1_000_000_000, { message: 'must be at most 1GB: Kafka takes no larger message' })
  chunkBytes = 0;

  mode: Mode = 'memory';

  @IsOptional()
  @Matches(/\S/, { message: 'must not be empty' })
  outputDir?: string;

  @IsOptional()
  @Matches(/\S/, { message: 'must not be empty' })
  tables?: string;

  @IsOptional()
  match?: RegExp;

  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be 1 byte or more' })
  memoryBudgetBytes = 0;

  @IsOptional()
  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be 1 byte or more' })
  diskBudgetBytes?: number;

  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be 1 byte or more' })
  maxFileBytes = 0;

  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be 1 or more' })
  maxChunkCount = 0;

  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be 1 byte or more' })
  maxChunkBytes = 0;

  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be 1 or more' })
  maxOpenFiles = 0;

  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be 1 or more' })
  @Max(4096, { message: 'must be at most 4096: file systems take no longer paths' })
  maxPathBytes = 0;

  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be 1 or more' })
  concurrency = 0;

  isolation: Isolation = 'none';

  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be 1 or more' })
  attempts = 0;

  @Max(timerMs, { message: tooLong })
  backoffMs = 0;

  @IsOptional()
  @Min(1, { message: 'must be more than 0' })
  @Max(timerMs, { message: tooLong })
  timeoutMs?: number;

  onFailure: OnFailure = 'dead-letter';

  delivery: Delivery = 'at-least-once';

  placement: Placement = 'scattered';

  @IsOptional()
  @Matches(topicName, { message: `${topicNameRule}, or none` })
  stateTopic?: string;

  @Min(1, { message: 'must be more than 0' })
  incompleteAfterMs = 0;

  @IsOptional()
  @Matches(topicName, { message: `${topicNameRule}, or none` })
  deadLetterTopic?: string;

  @IsInt({ message: 'must be a whole number' })
  @Min(0, { message: 'must be 0 or more' })
  crashLimit = 0;

  retryFailed = false;

  reprocessIdentical = false;

  compression: Compression = 'none';

  @Max(timerMs, { message: tooLong })
  drainTimeoutMs = 0;

  @IsOptional()
  @Max(timerMs, { message: tooLong })
  untilIdleMs?: number;

  @IsOptional()
  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be 1 or more' })
  limit?: number;

  logLevel: LogLevel = 'info';

  logFileLevel: LogLevel = 'warn';

  @IsOptional()
  metrics?: ListenAddress;

  @IsOptional()
  @Matches(topicName, { message: topicNameRule })
  heartbeatTopic?: string;

  @Min(10, { message: 'must be 10ms or more' })
  @Max(timerMs, { message: tooLong })
  heartbeatIntervalMs = 900_000;

  @IsOptional()
  @Matches(/\S/, { message: 'must not be empty' })
  heartbeatId?: string;

  @IsOptional()
  @Matches(topicName, { message: topicNameRule })
  logTopic?: string;

  @Min(10, { message: 'must be 10ms or more' })
  @Max(timerMs, { message: tooLong })
  logIntervalMs = 60_000;

  @IsOptional()
  @Matches(/\S/, { message: 'must not be empty' })
  logId?: string;

  /** Accepted for OpenMSIStream's sake; see the note that is logged. */
  @IsOptional()
  @Min(1, { message: 'must be 1 or more' })
  consumerThreads?: number;

  @IsOptional()
  @Min(1, { message: 'must be 1 or more' })
  producerThreads?: number;
}
