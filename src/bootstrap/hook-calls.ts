import { ProcessorCrashedError, ProcessorError, ProcessorTimeoutError, UsageError } from '../errors.js';
import type { RunSummary } from '../observe/run-summary.js';
import { callHook, type HookCall } from './call-hook.js';
import type { LifecycleHooks, StartContext } from './lifecycle-hooks.js';
import type { PreparedRun } from './prepare-run.js';

/** The hooks around one run: `onStop` is called only after an `onStart` that ended well. */
export class HookCalls {
  readonly #run: PreparedRun;
  readonly #hooks: Required<LifecycleHooks>;
  readonly #context: StartContext;
  #hasStarted = false;

  constructor(run: PreparedRun, hooks: Required<LifecycleHooks>, context: StartContext) {
    this.#run = run;
    this.#hooks = hooks;
    this.#context = context;
  }

  /**
   * Calls `onStart`, unless the worker was told to stop before.
   *
   * @throws {ProcessorError} it threw; `cause` is what it threw. Not after the stop: it may well throw because of that
   * @throws what says what to do by itself
   */
  async start(): Promise<void> {
    const { name } = this.#run.definition;
    if (this.#isStopped()) return;
    try {
      await callHook(() => this.#hooks.onStart(this.#context), this.#call('onStart'));
      this.#hasStarted = true;
    } catch (cause) {
      const isWhole = [ProcessorTimeoutError, ProcessorCrashedError, UsageError].some(
        known => cause instanceof known,
      );
      if (isWhole) throw cause;
      if (!this.#isStopped())
        throw new ProcessorError(`${name}.onStart threw, so no message was read`, { cause });
      this.#run.logger.info({ err: cause }, `${name}.onStart threw after the worker was told to stop`);
    }
  }

  /** Calls `onStop`. @returns what went wrong; it is logged */
  async stop(summary: RunSummary): Promise<Error | undefined> {
    if (!this.#hasStarted) return undefined;
    const { definition, logger } = this.#run;
    try {
      await callHook(() => this.#hooks.onStop({ ...this.#context, summary }), this.#call('onStop'));
      return undefined;
    } catch (cause) {
      const error =
        cause instanceof ProcessorTimeoutError
          ? cause
          : new ProcessorError(`${definition.name}.onStop threw`, { cause });
      logger.error({ err: cause }, error.message);
      return error;
    }
  }

  #isStopped(): boolean {
    return this.#context.signal.aborted;
  }

  #call(hook: string): HookCall {
    const { definition, configuration } = this.#run;
    const { drainTimeoutMs: limitMs } = configuration.options;
    return { name: `${definition.name}.${hook}`, limitMs, stopping: this.#context.signal };
  }
}
