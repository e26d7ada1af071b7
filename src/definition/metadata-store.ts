import 'reflect-metadata';
import type { CliOptionOptions, ProcessorOptions, ReproducerOptions } from './decorator-options.js';
import type { ReproducerClass } from './reproducer-definition.js';
import { metadataSymbol } from './symbol-metadata.js';

/** What `@Reproducer` or `@FileProcessor` says. */
export interface ClassRecord {
  readonly kind: 'reproducer' | 'file-processor';
  /** The name in the source where the compiler passes it: `Class.name` may be changed by a bundler. */
  readonly className?: string;
  readonly consumeTopic?: string;
  readonly produceTopic?: string;
  readonly options: ReproducerOptions;
}

/** What one `@Processor` says. */
export interface ProcessorRecord {
  readonly method: string | symbol;
  /** The method that the user wrote, where `method` calls it for its results alone. */
  readonly resultsOf?: string;
  readonly options: ProcessorOptions;
}

/** What one `@CliOption` says. */
export interface CliOptionRecord {
  readonly property: string;
  /** Without dashes; undefined: the flags that were given cannot be. */
  readonly name?: string;
  /** Without dash. */
  readonly shortFlag?: string;
  readonly options: CliOptionOptions;
}

/** Something that a decorator was written with and cannot work: told when the class is run, with all others of the class. */
export interface Mistake {
  /** The decorator without its @. */
  readonly decorator: string;
  /** The member that it stands on; undefined: the class. */
  readonly member?: string;
  /** What was expected, what was found and what to do, but not where. */
  readonly text: string;
}

/**
 * What members are recorded on: the class (legacy decorators), or the metadata object that the compiler makes for it
 * (standard decorators, which run before the class exists).
 */
export type MemberCarrier = object;

/** The decorators of one class, nothing inherited. */
export interface OwnDeclarations {
  readonly target: ReproducerClass;
  readonly classRecord: ClassRecord | undefined;
  /** In declaration order. */
  readonly processors: readonly ProcessorRecord[];
  /** In declaration order. */
  readonly cliOptions: readonly CliOptionRecord[];
  readonly mistakes: readonly Mistake[];
}

/** A key of the metadata and, for the compiler, the type of what is stored under it. */
interface MetadataKey<T> {
  readonly symbol: symbol;
  readonly record?: T;
}

/** `Symbol.for`: all copies of the package in a process read and write the same records. */
const classKey: MetadataKey<ClassRecord> = { symbol: Symbol.for('kafka-reproducer.class') };
const processorsKey: MetadataKey<readonly ProcessorRecord[]> = {
  symbol: Symbol.for('kafka-reproducer.processors'),
};
const cliOptionsKey: MetadataKey<readonly CliOptionRecord[]> = {
  symbol: Symbol.for('kafka-reproducer.cli-options'),
};
const mistakesKey: MetadataKey<readonly Mistake[]> = { symbol: Symbol.for('kafka-reproducer.mistakes') };

function readOwn<T>({ symbol }: MetadataKey<T>, carrier: object): T | undefined {
  return Reflect.getOwnMetadata(symbol, carrier) as T | undefined;
}

/** Adds to a new list: the one that is stored may be shared with whoever read it before. */
function append<T>(key: MetadataKey<readonly T[]>, carrier: object, record: T): void {
  Reflect.defineMetadata(key.symbol, [...(readOwn(key, carrier) ?? []), record], carrier);
}

export function recordClass(target: ReproducerClass, record: ClassRecord): void {
  Reflect.defineMetadata(classKey.symbol, record, target);
}

export function recordProcessor(carrier: MemberCarrier, record: ProcessorRecord): void {
  append(processorsKey, carrier, record);
}

export function recordCliOption(carrier: MemberCarrier, record: CliOptionRecord): void {
  append(cliOptionsKey, carrier, record);
}

export function recordMistake(carrier: MemberCarrier, mistake: Mistake): void {
  append(mistakesKey, carrier, mistake);
}

/** The class decorator of this very class. */
export function ownClassRecord(target: object): ClassRecord | undefined {
  return readOwn(classKey, target);
}

export function ownProcessors(carrier: MemberCarrier): readonly ProcessorRecord[] {
  return readOwn(processorsKey, carrier) ?? [];
}

export function ownCliOptions(carrier: MemberCarrier): readonly CliOptionRecord[] {
  return readOwn(cliOptionsKey, carrier) ?? [];
}

/** The declarations of a class and of every class it extends, the base first; either dialect, mixed too. */
export function readDeclarations(target: ReproducerClass): OwnDeclarations[] {
  const chain: OwnDeclarations[] = [];
  for (let link: unknown = target; typeof link === 'function'; link = Object.getPrototypeOf(link)) {
    const carriers = carriersOf(link);
    chain.unshift({
      target: link as ReproducerClass,
      classRecord: ownClassRecord(link),
      processors: carriers.flatMap(ownProcessors),
      cliOptions: carriers.flatMap(ownCliOptions),
      mistakes: carriers.flatMap(carrier => readOwn(mistakesKey, carrier) ?? []),
    });
  }
  return chain;
}

/** A class without standard decorators of its own inherits the metadata object of its base, which is not meant here. */
function carriersOf(target: object): MemberCarrier[] {
  const own = Object.getOwnPropertyDescriptor(target, metadataSymbol())?.value as unknown;
  return typeof own === 'object' && own !== null ? [target, own] : [target];
}
