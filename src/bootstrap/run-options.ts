import type { ProgramOptions } from '../config/program-options.js';
import type { EngineHosting } from '../engine/engine.js';
import type { ModuleLocation } from './isolation/class-module.js';
import type { Logger } from '../logger.js';

/** What a program may set for its worker beside the worker options. */
export interface CreateReproducerOptions<T extends object = object> extends ProgramOptions {
  /**
   * Makes the instance, for a class whose constructor needs something. It is called for `--help` too, because the
   * defaults of options are the initial values of properties: open connections in `onStart`, not here.
   */
  create?: () => T | Promise<T>;
  /**
   * With `isolation` thread or process: the module that the threads or processes load to find the class in it, by its exports or because it
   * hands the class to `runReproducer` or `createReproducer`. `import.meta`, `module`, a URL or an absolute path. Default: the
   * module that `runReproducer` was given as entry, else the program being executed.
   */
  module?: ModuleLocation;
  /** Any pino logger. Default: one that writes to standard error, pretty on a terminal, else JSON. */
  logger?: Logger;
  /** Flags as on the command line, without the program and the script. Default: none. */
  argv?: readonly string[];
  /** Default: `process.env`. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Where relative paths in flags and configuration start. Default: the current directory. */
  cwd?: string;
  /** `thread` (default) keeps the worker in its group while a method computes; `inline` runs all in one thread. */
  hosting?: EngineHosting;
}

/** As for `createReproducer`; `argv` is the program's command line by default. */
export type RunReproducerOverrides<T extends object = object> = CreateReproducerOptions<T>;

/** What is said about the program, and is no option of the worker. */
const aboutProgram: Readonly<Record<Exclude<keyof CreateReproducerOptions, keyof ProgramOptions>, true>> = {
  create: true,
  module: true,
  logger: true,
  argv: true,
  env: true,
  cwd: true,
  hosting: true,
};

/** Options of the worker, and names that nobody knows. */
export function workerOptionsOf(options: CreateReproducerOptions): ProgramOptions {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !Object.hasOwn(aboutProgram, name)));
}
