import type { ProgramOptions } from '../config/program-options.js';
import type { EngineHosting } from '../engine/engine.js';
import type { Logger } from '../logger.js';

/** What a program may set for its worker beside the worker options. */
export interface CreateReproducerOptions<T extends object = object> extends ProgramOptions {
  /**
   * Makes the instance, for a class whose constructor needs something. It is called for `--help` too, because the
   * defaults of options are the initial values of properties: open connections in `onStart`, not here.
   */
  create?: () => T | Promise<T>;
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
