import { logLevels } from '../logger.js';
import { compressions } from './compressions.js';
import { deliveries } from './deliveries.js';
import { row, rowWithoutProperty, type WorkerOptionRow } from './option-row.js';
import { parseBoolean } from './values/parse-boolean.js';
import { isolations } from './isolations.js';
import { modes } from './modes.js';
import { onFailures } from './on-failure.js';
import { placements } from './placements.js';
import { parseListenAddress } from './values/parse-listen-address.js';
import { parseBrokers } from './values/parse-brokers.js';
import { parseByteSize } from './values/parse-byte-size.js';
import { parseChoice } from './values/parse-choice.js';
import { parseDuration } from './values/parse-duration.js';
import { parseLogLevel } from './values/parse-log-level.js';
import { parseMatch } from './values/parse-match.js';
import { parseNumber } from './values/parse-number.js';
import { translatePythonRegExp } from './values/python-regexp.js';

/** Headings of --help, in the order they are printed. */
const topics = 'Topics and brokers:';
const files = 'Files and the method:';
const limits = 'What is taken from the topic:';
const reading = 'Reading from Kafka:';
const running = 'Running:';
const watching = 'Watching it:';
const information = 'Information:';

const startPositions = ['earliest', 'latest'] as const;
const text = (value: string): string => value.trim();

/**
 * The options of every worker: the one source of the flags, their environment variables and configuration keys, their
 * defaults, --help, --print-config and docs/options.md.
 */
export const workerOptions: readonly WorkerOptionRow[] = [
  rowWithoutProperty('config', {
    description: "configuration file: OpenMSIStream's INI (.config, .ini, .cfg), .yaml, .json or .toml",
    group: topics,
    placeholder: 'FILE',
  }),
  row('brokers', 'brokers', parseBrokers, {
    description: 'Kafka brokers to ask first; in the configuration file bootstrap.servers of [broker]',
    group: topics,
    placeholder: 'HOST:PORT',
    form: 'list',
  }),
  row('consume-topic', 'consumeTopic', text, {
    description: 'topic that carries the chunks of files',
    group: topics,
    placeholder: 'TOPIC',
    aliases: ['consumer_topic_name', { name: 'topic_name', isFallback: true }],
  }),
  row('produce-topic', 'produceTopic', text, {
    description: 'topic for the results',
    group: topics,
    placeholder: 'TOPIC',
    aliases: ['producer_topic_name'],
    needsResults: true,
  }),
  row('group-id', 'groupId', text, {
    description:
      'consumer group; a worker started again with the same one resumes. create_new: a new one each time',
    group: topics,
    placeholder: 'NAME',
    defaultText: 'the name of the class',
    aliases: ['consumer_group_id'],
  }),
  row('match', 'match', parseMatch, {
    description: 'only files whose path matches: a glob such as "**/*.csv", or /regular expression/',
    group: files,
    placeholder: 'PATTERN',
    defaultText: 'every file',
    aliases: [{ name: 'download_regex', convert: translatePythonRegExp }],
  }),
  row('concurrency', 'concurrency', parseNumber, {
    description: 'files processed at the same time',
    group: files,
    placeholder: 'N',
    default: '1',
  }),
  row('isolation', 'isolation', parseChoice(isolations), {
    description:
      'where the method runs. none: in the process of the worker; thread, process: in as many threads or processes as --concurrency says, ' +
      'so that it can use more cores and be ended at --timeout, and the worker lives on when it crashes',
    group: files,
    placeholder: 'WHERE',
    default: 'none',
    choices: isolations,
  }),
  row('attempts', 'attempts', parseNumber, {
    description: 'calls of the method before a file is given up',
    group: files,
    placeholder: 'N',
    default: '3',
  }),
  row('backoff', 'backoffMs', parseDuration, {
    description: 'wait before the second attempt; doubles with each further one',
    group: files,
    placeholder: 'DURATION',
    default: '1s',
  }),
  row('timeout', 'timeoutMs', parseDuration, {
    description: 'longest time for one call of the method',
    group: files,
    placeholder: 'DURATION',
    defaultText: 'no limit',
  }),
  row('on-failure', 'onFailure', parseChoice(onFailures), {
    description:
      'what becomes of a file after its last attempt. dead-letter: it is given up and the rest goes on; stop: the worker ends with exit code 1, and tries it again when it is started',
    group: files,
    placeholder: 'POLICY',
    default: 'dead-letter',
    choices: onFailures,
  }),
  row('mode', 'mode', parseChoice(modes), {
    description:
      'where files are put together. memory: they are gone when they are done; disk: in the output directory, where they stay; ' +
      'both: there, and in memory for the method',
    group: files,
    placeholder: 'MODE',
    default: 'memory',
    choices: modes,
  }),
  row('output-dir', 'outputDir', text, {
    description:
      'folder for the files; with --mode memory, for what does not fit into the memory budget while it is open',
    group: files,
    placeholder: 'DIR',
    defaultText: 'the name of the class and _output',
  }),
  row('tables', 'tables', text, {
    description:
      "tables of the files that are done, open and failed are kept in the folder LOGS in this one, as OpenMSIStream's programs do, for people and scripts; nothing reads them back. none: do without",
    group: files,
    placeholder: 'DIR',
    defaultText: 'the output directory',
  }),
  row('memory-budget', 'memoryBudgetBytes', parseByteSize, {
    description:
      'bytes of chunks and results held in memory; above, unfinished files go to disk, the longest idle first, and reading waits while whole ones wait for the method',
    group: files,
    placeholder: 'SIZE',
    default: '256MiB',
  }),
  row('disk-budget', 'diskBudgetBytes', parseByteSize, {
    description:
      'bytes of unfinished files on disk; above, those that are idle for longest are taken off it, and read again from Kafka once all of their chunks are there',
    group: files,
    placeholder: 'SIZE',
    defaultText: 'no limit',
  }),
  row('delivery', 'delivery', parseChoice(deliveries), {
    description: 'whether a crash may repeat results, or each is there once for readers of committed records',
    group: files,
    placeholder: 'PROMISE',
    default: 'at-least-once',
    choices: deliveries,
    needsResults: true,
  }),
  row('compression', 'compression', parseChoice(compressions), {
    description: 'compression of the results',
    group: files,
    placeholder: 'CODEC',
    default: 'none',
    choices: compressions,
    needsResults: true,
  }),
  row('state-topic', 'stateTopic', text, {
    description:
      'compacted topic that keeps what became of each file, so that a restart and other hosts know it; made if it is missing. none: do without',
    group: files,
    placeholder: 'TOPIC',
    defaultText: 'the group id, then .files',
  }),
  row('incomplete-after', 'incompleteAfterMs', parseDuration, {
    description:
      'a file of which no further chunk comes for so long is set aside, so that it holds nothing up; it is completed when the rest comes',
    group: files,
    placeholder: 'DURATION',
    default: '24h',
  }),
  row('dead-letter-topic', 'deadLetterTopic', text, {
    description:
      'topic that gets a record of each file that failed and each message that cannot be used, with its place; made if it is missing. none: do without',
    group: files,
    placeholder: 'TOPIC',
    defaultText: 'the produce topic (without one: the consume topic and the group id), then .dead-letters',
  }),
  row('crash-limit', 'crashLimit', parseNumber, {
    description:
      'how often the process may die while the method has a file before that file is given up; 0: any number of times, for machines that kill processes for other reasons',
    group: files,
    placeholder: 'N',
    default: '3',
  }),
  row('retry-failed', 'retryFailed', parseBoolean, {
    description:
      'run the files of dead letters again at the start, before anything is read, as reproducer replay does; give it to one worker of a group',
    group: files,
    form: 'switch',
  }),
  row('reprocess-identical', 'reprocessIdentical', parseBoolean, {
    description:
      'process a file again that is uploaded again, unchanged; its results have the same result-id',
    group: files,
    form: 'switch',
  }),
  row('max-file-size', 'maxFileBytes', parseByteSize, {
    description: 'largest file taken; a larger one fails',
    group: limits,
    placeholder: 'SIZE',
    default: '256GiB',
  }),
  row('max-chunks', 'maxChunkCount', parseNumber, {
    description: 'most chunks of a file; one with more fails',
    group: limits,
    placeholder: 'N',
    default: '1000000',
  }),
  row('max-chunk-size', 'maxChunkBytes', parseByteSize, {
    description: 'largest chunk taken; a file with a larger one fails',
    group: limits,
    placeholder: 'SIZE',
    default: '128MiB',
  }),
  row('max-open-files', 'maxOpenFiles', parseNumber, {
    description: 'most files open at a time; a chunk that would open one more is bad input',
    group: limits,
    placeholder: 'N',
    default: '100000',
  }),
  row('max-path-length', 'maxPathBytes', parseNumber, {
    description: 'longest path of a file, in bytes of UTF-8; a chunk with a longer one is bad input',
    group: limits,
    placeholder: 'BYTES',
    default: '4096',
  }),
  row('placement', 'placement', parseChoice(placements), {
    description:
      'how the chunks of a file lie on the topic. scattered: on any partitions, so one worker of a group reads all and the ' +
      'others stand by; by-file: on one partition, so the workers share the partitions',
    group: reading,
    placeholder: 'LAYOUT',
    default: 'scattered',
    choices: placements,
  }),
  row('start-from', 'startFrom', parseChoice(startPositions), {
    description: 'where a group starts in partitions that it has no committed offset for yet',
    group: reading,
    placeholder: 'END',
    default: 'earliest',
    choices: startPositions,
  }),
  row('chunk-bytes', 'chunkBytes', parseByteSize, {
    description: 'size of chunks that fetches are laid out for; larger ones still arrive',
    group: reading,
    placeholder: 'SIZE',
    default: '512KiB',
  }),
  row('session-timeout', 'sessionTimeoutMs', parseDuration, {
    description: 'silence after which the group takes this worker for dead',
    group: reading,
    placeholder: 'DURATION',
    default: '10s',
  }),
  row('group-instance-id', 'groupInstanceId', text, {
    description:
      'name of this worker in its group: started again under it after a crash, it goes on at once and does not wait for ' +
      '--session-timeout. Each worker of a group needs one of its own',
    group: reading,
    placeholder: 'NAME',
    defaultText: 'none',
  }),
  row('consumer-threads', 'consumerThreads', parseNumber, {
    description: 'accepted for compatibility: one thread reads all partitions',
    group: reading,
    placeholder: 'N',
    aliases: ['n_consumer_threads', 'n_threads'],
    withoutEffect: 'one thread reads all partitions',
  }),
  row('producer-threads', 'producerThreads', parseNumber, {
    description: 'accepted for compatibility: one producer sends all results',
    group: reading,
    placeholder: 'N',
    aliases: ['n_producer_threads'],
    withoutEffect: 'one producer sends all results',
    needsResults: true,
  }),
  row('until-idle', 'untilIdleMs', parseDuration, {
    description: 'stop once nothing was left to do for so long; 5s when given without a value',
    group: running,
    placeholder: 'DURATION',
    form: 'optional-value',
    bareValue: '5s',
    defaultText: 'run until stopped',
  }),
  row('limit', 'limit', parseNumber, {
    description: 'stop once so many files are done, skipped or failed',
    group: running,
    placeholder: 'N',
    defaultText: 'no limit',
  }),
  row('drain-timeout', 'drainTimeoutMs', parseDuration, {
    description: 'how long running calls may take to end when the worker is stopped',
    group: running,
    placeholder: 'DURATION',
    default: '30s',
  }),
  row('log-level', 'logLevel', parseLogLevel, {
    description: 'least important messages to print',
    group: running,
    placeholder: 'LEVEL',
    default: 'info',
    choices: logLevels,
    aliases: ['logger_stream_level'],
  }),
  row('log-file-level', 'logFileLevel', parseLogLevel, {
    description:
      'least important messages that are also kept in a file of the name of the class, beside the tables of files (--tables). silent, or no tables: there is no such file',
    group: running,
    placeholder: 'LEVEL',
    default: 'warn',
    choices: logLevels,
    aliases: ['logger_file_level'],
  }),
  row('metrics', 'metrics', parseListenAddress, {
    description:
      'serve Prometheus metrics, /livez and /readyz on this port; on 127.0.0.1 unless an address stands before it, as in 0.0.0.0:9464; ' +
      '9464 when given without a value',
    group: watching,
    placeholder: 'PORT',
    form: 'optional-value',
    bareValue: '9464',
    defaultText: 'no metrics',
  }),
  row('heartbeat-topic', 'heartbeatTopic', text, {
    description: 'topic for heartbeats: how much was read and produced since the last one',
    group: watching,
    placeholder: 'TOPIC',
    defaultText: 'no heartbeats',
    aliases: ['heartbeat_topic_name'],
  }),
  row('heartbeat-interval', 'heartbeatIntervalMs', parseDuration, {
    description: 'time between two heartbeats',
    group: watching,
    placeholder: 'DURATION',
    default: '15m',
    aliases: ['heartbeat_interval_secs'],
  }),
  row('heartbeat-id', 'heartbeatId', text, {
    description: 'what the key of heartbeats begins with',
    group: watching,
    placeholder: 'ID',
    defaultText: 'class, host and process',
    aliases: ['heartbeat_program_id'],
  }),
  row('log-topic', 'logTopic', text, {
    description: 'topic that log lines are sent to as well',
    group: watching,
    placeholder: 'TOPIC',
    defaultText: 'none',
    aliases: ['log_topic_name'],
  }),
  row('log-interval', 'logIntervalMs', parseDuration, {
    description: 'time between two messages with log lines',
    group: watching,
    placeholder: 'DURATION',
    default: '1m',
    aliases: ['log_interval_secs'],
  }),
  row('log-id', 'logId', text, {
    description: 'what the key of messages with log lines begins with',
    group: watching,
    placeholder: 'ID',
    defaultText: 'class, host and process',
    aliases: ['log_program_id'],
  }),
  ...(
    [
      [
        'check',
        'check configuration, isolation, brokers, topics and rights without reading anything, then end',
      ],
      ['print-config', 'print every value and where it came from, then end'],
      ['version', 'print the version', 'V'],
      ['help', 'print this help', 'h'],
    ] as const
  ).map(([name, description, shortFlag]) =>
    rowWithoutProperty(name, {
      description,
      group: information,
      form: 'switch',
      isFlagOnly: true,
      ...(shortFlag === undefined ? {} : { shortFlag }),
    }),
  ),
];

/** Of them, those that apply to a class: one without results has no topic for them. */
export function workerOptionsFor(kind: 'reproducer' | 'file-processor'): readonly WorkerOptionRow[] {
  return workerOptions.filter(option => kind === 'reproducer' || !option.needsResults);
}
