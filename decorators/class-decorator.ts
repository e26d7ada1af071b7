import type { ReproducerOptions } from '../src/definition/decorator-options.js';
import { ownClassRecord, recordClass, type ClassRecord } from '../src/definition/metadata-store.js';
import type { ReproducerClass } from '../src/definition/reproducer-definition.js';
import { expectedText, foundText, usageText } from '../src/definition/usage-text.js';
import { noteMistakes } from './note-mistakes.js';
import {
  byteSize,
  count,
  countOrNone,
  duration,
  filePattern,
  oneOf,
  text,
  textOrTexts,
  yesOrNo,
  type OptionRules,
} from './option-rules.js';
import { checkOptions, decoratedClass } from './usage-checks.js';

/** A decorator for classes, in both dialects: legacy passes the class, standard a context too. */
export type ReproducerClassDecorator = <C extends ReproducerClass>(
  target: C,
  context?: ClassDecoratorContext<C>,
) => void;

/** Only what a value is; whether a duration has a known unit and the like is checked with all configuration, at start. */
const optionRules: OptionRules<ReproducerOptions> = {
  name: text('peak-finder'),
  version: text('2'),
  groupId: text('peaks'),
  brokers: textOrTexts('localhost:9092'),
  concurrency: count,
  isolation: oneOf('none', 'thread', 'process'),
  attempts: count,
  backoff: duration,
  timeout: duration,
  onFailure: oneOf('dead-letter', 'stop'),
  match: filePattern,
  delivery: oneOf('at-least-once', 'exactly-once'),
  placement: oneOf('scattered', 'by-file'),
  mode: oneOf('memory', 'disk', 'both'),
  outputDir: text('peaks_output'),
  tables: text('peaks_output'),
  memoryBudget: byteSize,
  diskBudget: byteSize,
  maxFileSize: byteSize,
  maxChunks: count,
  maxChunkSize: byteSize,
  maxOpenFiles: count,
  maxPathLength: count,
  drainTimeout: duration,
  logLevel: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  logFileLevel: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'),
  metrics: {
    expected: "a port, or a text such as '0.0.0.0:9464'",
    accepts: value => typeof value === 'number' || (typeof value === 'string' && value !== ''),
    example: '9464',
  },
  startFrom: oneOf('earliest', 'latest'),
  sessionTimeout: duration,
  chunkBytes: byteSize,
  compression: oneOf('none', 'gzip', 'snappy', 'lz4', 'zstd'),
  stateTopic: text('peaks.files'),
  deadLetterTopic: text('peaks.dead-letters'),
  incompleteAfter: duration,
  crashLimit: countOrNone,
  retryFailed: yesOrNo,
  reprocessIdentical: yesOrNo,
  heartbeatTopic: text('heartbeats'),
  heartbeatInterval: duration,
  heartbeatId: text('peak-finder'),
  logTopic: text('logs'),
  logInterval: duration,
  logId: text('peak-finder'),
  untilIdle: duration,
  limit: count,
};

/** What the arguments of a class decorator say, not checked yet. */
export interface ClassDecoratorArguments {
  readonly kind: ClassRecord['kind'];
  readonly topics: { readonly consumeTopic?: unknown; readonly produceTopic?: unknown };
  readonly options: unknown;
}

/** Checks the call of a class decorator and records it, with its mistakes. */
export function decorateClass(
  decorator: string,
  args: readonly unknown[],
  { kind, topics, options }: ClassDecoratorArguments,
): void {
  const decorated = decoratedClass(decorator, args);
  if (decorated === undefined) return;
  const { target, sourceName } = decorated;
  const { mistakes, usable } = checkOptions(decorator, options, optionRules);
  const wrongTopics = Object.entries(topics).filter(([, topic]) => !isTopic(topic));
  const repeated = repetition(target);
  noteMistakes(decorator, decorated, [
    ...wrongTopics.map(([name, topic]) => topicMistake(decorator, name, topic)),
    ...mistakes,
    ...repeated,
  ]);
  if (repeated.length > 0) return;
  const className = sourceName === undefined ? {} : { className: sourceName };
  const given = Object.entries(topics).filter(([, topic]) => topic !== undefined && isTopic(topic));
  recordClass(target, { kind, ...className, ...Object.fromEntries(given), options: usable });
}

function isTopic(topic: unknown): boolean {
  if (topic === undefined) return true;
  return typeof topic === 'string' && /^[\w.-]{1,249}$/.test(topic) && !/^\.\.?$/.test(topic);
}

function topicMistake(decorator: string, name: string, topic: unknown): string {
  const expected = "a topic name (1 to 249 letters, digits, '.', '_' and '-')";
  const option = name === 'consumeTopic' ? '--consume-topic' : '--produce-topic';
  const fix = `name a topic, or write undefined and give ${option} at start`;
  return usageText(`@${decorator} ${name}`, expected, foundText(topic), fix);
}

function repetition(target: ReproducerClass): string[] {
  const earlier = ownClassRecord(target);
  if (earlier === undefined) return [];
  const found = `a second after @${earlier.kind === 'reproducer' ? 'Reproducer' : 'FileProcessor'}`;
  return [expectedText('one @Reproducer or @FileProcessor', found, 'remove one of them')];
}
