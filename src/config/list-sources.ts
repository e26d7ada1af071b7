import type { ReproducerDefinition } from '../definition/reproducer-definition.js';
import { classOptions } from './class-options.js';
import type { GatheredValues } from './gather-values.js';
import type { OptionSpec } from './option-spec.js';
import { workerOptionsFor } from './option-table.js';
import { unservedOptionsFor } from './unserved-options.js';
import { valueText } from './value-text.js';
import type { CompiledWorkerOptions } from './worker-options.js';

/** One value and where it came from, fit to be printed. */
export interface ConfigurationSource {
  /** Flag without dashes, or librdkafka's name. */
  readonly name: string;
  /** `****` for a secret that is set. */
  readonly value: string;
  /** `default`, `class PeakFinder`, `file lab.config:12`, `environment NAME`, `flag --x`, `program`. */
  readonly origin: string;
  readonly secret: boolean;
}

const hiddenValue = '****';

/**
 * Lists every option in the order of --help, those without effect only where they are given, and the connection's
 * properties. Secrets are replaced here, so that no list of sources holds one.
 */
export function listSources(
  definition: ReproducerDefinition,
  gathered: GatheredValues,
  options: CompiledWorkerOptions,
  classValues: Readonly<Record<string, unknown>>,
): ConfigurationSource[] {
  const given = (option: OptionSpec): ConfigurationSource[] => {
    const value = gathered.values.get(option.name);
    if (value === undefined) return [];
    // `create_new` has become a name of its own by now.
    const raw = option.name === 'group-id' ? options.groupId : value.raw;
    return [source(option, typeof raw === 'string' ? raw : raw.join(','), value.origin)];
  };
  const isSetting = (option: OptionSpec): boolean => option.env !== undefined;
  const workerSources = workerOptionsFor(definition.kind)
    .filter(isSetting)
    .flatMap(option => {
      const own = given(option);
      const text = defaultOf(option, options);
      return own.length > 0 || text === undefined ? own : [source(option, text, 'default')];
    });
  const classSources = classOptions(definition).flatMap(option => {
    const own = given(option);
    const value = valueText(classValues[option.definition.property]);
    return own.length > 0 ? own : [source(option, value, `class ${option.definition.declaredBy}`)];
  });
  const connection = gathered.kafkaSources.map(({ name, text, origin, secret }) =>
    source({ name, secret }, text, origin),
  );
  return [
    ...workerSources,
    ...connection,
    ...unservedOptionsFor(definition.kind).flatMap(given),
    ...classSources,
  ];
}

/** --help tells a default that depends on others in words; by now it is known. */
function defaultOf({ name, defaultText }: OptionSpec, options: CompiledWorkerOptions): string | undefined {
  switch (name) {
    case 'state-topic':
      return options.stateTopic ?? 'none';
    case 'dead-letter-topic':
      return options.deadLetterTopic ?? 'none';
    case 'output-dir':
      return options.outputDir;
    case 'tables':
      return options.tablesFolder ?? 'none';
    case 'log-file-level':
      return options.logFileLevel;
    default:
      return defaultText;
  }
}

function source(
  option: { name: string; secret: boolean },
  text: string,
  origin: string,
): ConfigurationSource {
  const { name, secret } = option;
  return { name, value: secret && text !== '' ? hiddenValue : text, origin, secret };
}
