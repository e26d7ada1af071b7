import type { ClassInput } from '../../config/class-input.js';
import type { CompiledWorkerOptions } from '../../config/worker-options.js';
import type { LogLevel } from '../../logger.js';

/** What a child makes the instance of; structured-cloneable. */
export interface ChildStart {
  /** Absolute path of the module with the class. */
  readonly modulePath: string;
  /** TypeScript is not loaded by a flag that the child inherits. */
  readonly registersTypeScript: boolean;
  readonly className: string;
  /** The program gave a function that makes the instance, so the child needs it, too. */
  readonly needsCreate: boolean;
  /** The program's arguments, for modules that look at them. */
  readonly argv: readonly string[];
  readonly options: CompiledWorkerOptions;
  readonly classInput: ClassInput;
  readonly logLevel: LogLevel;
  /** Only whether the class is found and can be made: `onStart` is not called, and no method either. */
  readonly isCheck: boolean;
}
