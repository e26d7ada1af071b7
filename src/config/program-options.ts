import type { WorkerDefaults } from '../definition/decorator-options.js';
import { suggestion } from '../definition/nearest-names.js';
import type { ReproducerDefinition } from '../definition/reproducer-definition.js';
import type { GivenValue } from './given-values.js';
import type { RawValue } from './option-spec.js';

/** Worker options as a program passes them; they win over every other source. */
export interface ProgramOptions extends WorkerDefaults {
  consumeTopic?: string;
  produceTopic?: string;
  /** Name of this worker in its group; each one of a group needs its own. Default: none. */
  groupInstanceId?: string;
}

/** Options whose numbers are milliseconds in code, while a plain number in text is seconds. */
const durations: readonly (keyof ProgramOptions)[] = [
  'backoff',
  'timeout',
  'drainTimeout',
  'sessionTimeout',
  'untilIdle',
  'incompleteAfter',
  'heartbeatInterval',
  'logInterval',
];

/** The option of every key of `ProgramOptions`; the compiler tells when a key is missing, a test when an option is. */
export const optionNames: Readonly<Record<keyof ProgramOptions, string>> = {
  brokers: 'brokers',
  consumeTopic: 'consume-topic',
  produceTopic: 'produce-topic',
  groupId: 'group-id',
  groupInstanceId: 'group-instance-id',
  startFrom: 'start-from',
  sessionTimeout: 'session-timeout',
  chunkBytes: 'chunk-bytes',
  compression: 'compression',
  stateTopic: 'state-topic',
  deadLetterTopic: 'dead-letter-topic',
  incompleteAfter: 'incomplete-after',
  crashLimit: 'crash-limit',
  retryFailed: 'retry-failed',
  reprocessIdentical: 'reprocess-identical',
  concurrency: 'concurrency',
  isolation: 'isolation',
  attempts: 'attempts',
  backoff: 'backoff',
  timeout: 'timeout',
  onFailure: 'on-failure',
  match: 'match',
  delivery: 'delivery',
  placement: 'placement',
  mode: 'mode',
  outputDir: 'output-dir',
  tables: 'tables',
  memoryBudget: 'memory-budget',
  diskBudget: 'disk-budget',
  maxFileSize: 'max-file-size',
  maxChunks: 'max-chunks',
  maxChunkSize: 'max-chunk-size',
  maxOpenFiles: 'max-open-files',
  maxPathLength: 'max-path-length',
  drainTimeout: 'drain-timeout',
  untilIdle: 'until-idle',
  limit: 'limit',
  logLevel: 'log-level',
  logFileLevel: 'log-file-level',
  metrics: 'metrics',
  heartbeatTopic: 'heartbeat-topic',
  heartbeatInterval: 'heartbeat-interval',
  heartbeatId: 'heartbeat-id',
  logTopic: 'log-topic',
  logInterval: 'log-interval',
  logId: 'log-id',
};

/** One sentence for each name that the type does not have: JavaScript and casts get them through. */
export function unknownNames(
  options: ProgramOptions,
  { cliOptions }: Pick<ReproducerDefinition, 'cliOptions'>,
): string[] {
  const isUnknown = ([name, value]: [string, unknown]): boolean =>
    value !== undefined && !Object.hasOwn(optionNames, name);
  return Object.entries(options)
    .filter(isUnknown)
    .map(([name]) => {
      const own = cliOptions.find(({ property }) => property === name);
      return own === undefined
        ? `${name} (program) is no option${suggestion(name, Object.keys(optionNames))}`
        : `${name} (program) is an option of the class: write argv: ['--${own.name}', …]`;
    });
}

/** Turns options given in code into the texts of the same options, so that one parser judges both. */
export function programValues(options: ProgramOptions, origin: string): Map<string, GivenValue> {
  const values = new Map<string, GivenValue>();
  for (const [key, name] of Object.entries(optionNames) as [keyof ProgramOptions, string][]) {
    const value = options[key];
    if (value !== undefined) values.set(name, { raw: rawOf(key, value), origin });
  }
  return values;
}

/**
 * What the decorators of a class set. `@Processor` options first, `@Reproducer` options over them: a subclass can so
 * change what it inherits with the method.
 */
export function classDefaults(definition: ReproducerDefinition): Map<string, GivenValue> {
  const { concurrency, isolation, attempts, backoffMs, timeoutMs, onFailure, match } =
    definition.processor.options;
  const options: ProgramOptions = {
    ...present({
      concurrency,
      isolation,
      attempts,
      backoff: backoffMs,
      timeout: timeoutMs,
      onFailure,
      match,
    }),
    ...present(definition.options),
    ...present({ consumeTopic: definition.consumeTopic, produceTopic: definition.produceTopic }),
  };
  if (definition.kind === 'file-processor') delete options.produceTopic;
  return programValues(options, `class ${definition.name}`);
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys whose value is undefined, which would else hide the value below. */
function present<T extends object>(options: T): Present<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Present<T>;
}

function rawOf(
  key: keyof ProgramOptions,
  value: string | number | boolean | RegExp | readonly string[],
): RawValue {
  if (value instanceof RegExp) return String(value);
  if (typeof value === 'object') return value;
  return typeof value === 'number' && durations.includes(key) ? `${value}ms` : String(value);
}
