import type { ProcessorOptions, ReproducerOptions } from './decorator-options.js';

/** A class that users decorate. */
export type ReproducerClass<T extends object = object> = abstract new (...args: never[]) => T;

/** What a command-line value is converted to. */
export const cliOptionTypes = ['string', 'number', 'boolean', 'string[]'] as const;
export type CliOptionType = (typeof cliOptionTypes)[number];

/** One `@CliOption` of a class, with everything filled in that the decorator, the property and its initial value tell. */
export interface CliOptionDefinition {
  readonly property: string;
  /** Name of the class that declares it (a base class, if inherited). */
  readonly declaredBy: string;
  /** Long flag without dashes, kebab-case: `minimum-height`. */
  readonly name: string;
  /** One letter, without the dash. */
  readonly shortFlag?: string;
  readonly type: CliOptionType;
  /** The property's initial value; undefined when it has none. */
  readonly defaultValue: unknown;
  readonly description?: string;
  readonly choices?: readonly string[];
  readonly required: boolean;
  /** Environment variable; default `REPRODUCER_` + the name in upper snake case. */
  readonly env: string;
  /** Never printed: neither by --help nor by --print-config nor in an error. */
  readonly secret: boolean;
  readonly hidden: boolean;
  /** Heading in --help; undefined: the class's own heading. */
  readonly group?: string;
  /** Converts the text of a flag, variable or file; what it throws is reported with the flag's name. */
  readonly parse?: (text: string) => unknown;
}

/** The class's `@Processor` method with its options filled in. */
export interface ProcessorDefinition {
  readonly method: string | symbol;
  /** The method that the user wrote, where `method` calls it for its results alone. */
  readonly resultsOf?: string;
  readonly declaredBy: string;
  /** As written; `resolveWorkerOptions` merges `concurrency`, `attempts`, … with file, environment and flags. */
  readonly options: ProcessorOptions;
}

/**
 * All that decorators say about one class, inherited declarations included: a plain object.
 * The rest of the package reads this and never the metadata, so a test can write one by hand.
 */
export interface ReproducerDefinition {
  readonly kind: 'reproducer' | 'file-processor';
  /** `options.name`, else the class's name. Default group id, part of every result id. */
  readonly name: string;
  /** `options.version`; part of every result id. */
  readonly version?: string;
  readonly consumeTopic?: string;
  readonly produceTopic?: string;
  /** Worker options that the class sets as its defaults. */
  readonly options: ReproducerOptions;
  readonly processor: ProcessorDefinition;
  readonly cliOptions: readonly CliOptionDefinition[];
}
