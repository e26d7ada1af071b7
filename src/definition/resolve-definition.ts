import { DecoratorUsageError } from '../errors.js';
import { nameProblems, type ReservedFlags } from './check-names.js';
import { isMistaken, mistakeTexts } from './declared-mistakes.js';
import type { ReproducerOptions } from './decorator-options.js';
import { readDeclarations, type ClassRecord, type OwnDeclarations } from './metadata-store.js';
import type { ReproducerClass, ReproducerDefinition } from './reproducer-definition.js';
import { resolveCliOptions } from './resolve-cli-options.js';
import { resolveProcessor } from './resolve-processor.js';
import { usageText } from './usage-text.js';

/**
 * Reads what the decorators of a class and of its bases say into one plain object, and checks all of it.
 *
 * Inheritance: options of bases come first; an overridden processor method keeps its declaration; a class decorator adds to
 * the one of the base, so that topics and options left out are inherited. Only `name` is not: two classes of one name would
 * share a consumer group, and each file would reach only one of them.
 *
 * @param instance an object of the class, before configuration is assigned: its property values are types and defaults
 * @param reserved flags of every worker, `reservedFlags` of the configuration
 * @throws {DecoratorUsageError} one problem per mistake, each naming `Class.member` and what to do
 */
export function resolveDefinition(
  target: ReproducerClass,
  instance: object,
  reserved: ReservedFlags,
): ReproducerDefinition {
  const chain = readDeclarations(target);
  const className = nameOf(target, chain);
  const problems = mistakeTexts(chain);
  const declared = mergeClassRecords(chain);
  if (declared === undefined && !isMistaken(chain, ['Reproducer', 'FileProcessor'])) {
    problems.push(undecorated(className));
  }
  if ((declared?.options.name ?? className) === '') problems.push(nameless());
  const processor = resolveProcessor(className, chain, instance, problems);
  if (declared?.kind === 'file-processor' && processor?.resultsOf !== undefined)
    problems.push(withoutResults(className, processor.resultsOf));
  const cliOptions = resolveCliOptions(chain, instance, problems);
  problems.push(...nameProblems(cliOptions, reserved));
  if (problems.length > 0 || declared === undefined || processor === undefined) {
    throw new DecoratorUsageError(problems, { heading: `class ${className} cannot be run:` });
  }
  const { kind, consumeTopic, produceTopic, options } = declared;
  return {
    kind,
    name: options.name ?? className,
    ...(options.version === undefined ? {} : { version: options.version }),
    ...(consumeTopic === undefined ? {} : { consumeTopic }),
    ...(produceTopic === undefined || kind === 'file-processor' ? {} : { produceTopic }),
    options,
    processor,
    cliOptions,
  };
}

/** A class that a foreign decorator wraps may have no name of its own. */
function nameOf(target: ReproducerClass, chain: readonly OwnDeclarations[]): string {
  const own = chain.at(-1)?.classRecord?.className ?? target.name;
  if (own !== '') return own;
  const named = chain.findLast(
    ({ classRecord, target: link }) => classRecord !== undefined && link.name !== '',
  );
  return named?.target.name ?? '';
}

function mergeClassRecords(chain: readonly OwnDeclarations[]): ClassRecord | undefined {
  return chain.reduce<ClassRecord | undefined>((inherited, { classRecord, target }) => {
    const { name: inheritedName, ...options } = inherited?.options ?? {};
    // Only a class without a name takes its base's: it is the base, wrapped by a foreign decorator.
    const keptName = target.name === '' && inheritedName !== undefined ? { name: inheritedName } : {};
    if (classRecord === undefined) {
      return inherited === undefined ? undefined : { ...inherited, options: { ...options, ...keptName } };
    }
    return {
      ...inherited,
      ...withoutUndefined(classRecord),
      options: { ...options, ...keptName, ...withoutUndefined<ReproducerOptions>(classRecord.options) },
    };
  }, undefined);
}

function withoutUndefined<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

function undecorated(className: string): string {
  return usageText(
    className,
    '@Reproducer or @FileProcessor on the class',
    'neither on it nor on a class that it extends',
    "write @Reproducer('files', 'results') before the class",
  );
}

function withoutResults(className: string, method: string): string {
  return usageText(
    className,
    `@Reproducer, as ${method} is there for its results`,
    '@FileProcessor, which sends none',
    "write @Reproducer('files', 'results') before the class",
  );
}

function nameless(): string {
  return usageText('the class', 'a name', 'none', "name it, or give name: 'my-worker' to its decorator");
}
