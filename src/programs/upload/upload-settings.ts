import { placements, type Placement } from '../../config/placements.js';
import { parseWholeNumber } from '../../config/values/parse-number.js';
import { topicName, topicNameRule } from '../../config/values/topic-name.js';
import type { CompiledWorkerOptions } from '../../config/worker-options.js';
import { ConfigError } from '../../errors.js';
import {
  resolveProgram,
  type OwnOption,
  type Program,
  type ProgramFlags,
  type ProgramSources,
} from '../program-configuration.js';
import { parseIgnored, type IgnoredPattern, type PathFilter } from './path-filter.js';

/** Flags that every program has that uploads; as they were typed. */
export interface UploadFlags {
  readonly topic?: string;
  readonly config?: string;
  readonly brokers?: string;
  readonly match?: string;
  readonly ignore?: readonly string[];
  readonly hidden?: true;
  readonly layout?: string;
  readonly chunkBytes?: string;
  readonly compression?: string;
  readonly partitions?: string;
  readonly memoryBudget?: string;
  readonly logLevel?: string;
}

/** What every program has to know that uploads. */
export interface UploadSettings {
  readonly topic: string;
  readonly layout: Placement;
  /** What a topic that does not exist is created with; an existing one must have it. */
  readonly partitions?: number;
  readonly filter: PathFilter;
  /** Connection, chunk size, memory, compression. */
  readonly worker: CompiledWorkerOptions;
  readonly warnings: readonly string[];
}

const maxPartitions = 10_000;

const uploadOptions: readonly OwnOption[] = [
  {
    name: 'topic',
    property: 'topic',
    required: true,
    parse: text => {
      if (topicName.test(text)) return text;
      throw new ConfigError(topicNameRule);
    },
  },
  { name: 'layout', property: 'layout', choices: placements },
  { name: 'ignore', property: 'ignore', type: 'string[]', parse: parseIgnored },
  { name: 'hidden', property: 'hidden', type: 'boolean' },
  {
    name: 'partitions',
    property: 'partitions',
    parse: text => {
      const count = parseWholeNumber(text);
      if (count >= 1 && count <= maxPartitions) return count;
      throw new ConfigError(`must be a whole number from 1 to ${maxPartitions}`);
    },
  },
];

interface UploadValues {
  topic: string;
  layout: Placement;
  ignore: readonly IgnoredPattern[];
  hidden: boolean;
  partitions?: number;
}

/**
 * Resolves what was typed, the configuration file and the environment.
 *
 * The worker's options that a file for workers may hold and that mean something else there (topics, filter, memory) come from flags
 * alone.
 *
 * @param more what this program has beside the flags of all uploads; its values go to `values`
 * @throws {ConfigError} with all mistakes at once, in flag names
 */
export function readUploadFlags<T extends object>(
  program: Program,
  flags: UploadFlags,
  more: { readonly flags: ProgramFlags; readonly values: T },
  sources: ProgramSources,
): UploadSettings & { readonly own: T } {
  const values: UploadValues & T = {
    topic: '',
    layout: 'by-file',
    ignore: [],
    hidden: false,
    ...more.values,
  };
  const options = [...uploadOptions, ...program.options];
  const { options: worker, warnings } = resolveProgram(
    { ...program, options },
    { ...workerFlags(flags), ...more.flags },
    values,
    sources,
  );
  const { topic, layout, ignore, hidden, partitions } = values;
  const match = flags.match === undefined || worker.match === undefined ? {} : { match: worker.match };
  return {
    topic,
    layout,
    ...(partitions === undefined ? {} : { partitions }),
    filter: { ...match, ignored: ignore, hasHidden: hidden },
    worker,
    warnings,
    own: values,
  };
}

function workerFlags(flags: UploadFlags): ProgramFlags {
  return {
    // Every worker has two topics. Nothing is read and no results are produced here.
    'consume-topic': '-',
    'produce-topic': '_',
    match: flags.match ?? '**',
    'memory-budget': flags.memoryBudget ?? '64MiB',
    topic: flags.topic,
    config: flags.config,
    brokers: flags.brokers,
    ignore: flags.ignore,
    ...(flags.hidden === true ? { hidden: 'true' } : {}),
    layout: flags.layout,
    'chunk-bytes': flags.chunkBytes,
    compression: flags.compression,
    partitions: flags.partitions,
    'log-level': flags.logLevel,
  };
}
