import type { Isolation } from '../../config/isolations.js';
import { logLevels, lowerLevel } from '../../logger.js';
import { systemClock } from '../../processing/clock.js';
import type { ContentSource } from '../../processing/content/content-source.js';
import type { ExclusiveLock } from '../../processing/exclusive-lock.js';
import type { StartChild } from '../../processing/isolation/child-port.js';
import { ChildPool } from '../../processing/isolation/child-pool.js';
import { startProcess } from '../../processing/isolation/start-process.js';
import { startThread } from '../../processing/isolation/start-thread.js';
import type { LifecycleHooks } from '../lifecycle-hooks.js';
import { hasRegisteredTypeScript, isTypeScript } from '../load-module.js';
import type { PreparedRun } from '../prepare-run.js';
import { classModule, type ClassSource } from './class-module.js';
import type { ChildStart } from './child-start.js';

const program = new URL('./child-main.js', import.meta.url);

const startChild: Readonly<Record<Exclude<Isolation, 'none'>, StartChild>> = {
  thread: listener => startThread(program, listener),
  process: listener => startProcess(program, listener),
};

/**
 * Prepares the threads or processes that call the method of a class; none is started yet.
 *
 * @param purpose `check`: they make the instance, call neither hook nor method of it, and are to be killed
 * @throws {ConfigError} they could not find the class
 */
export function openChildren(
  { definition, configuration, logger }: PreparedRun,
  source: ClassSource,
  isolation: Exclude<Isolation, 'none'>,
  { lock, contents }: { readonly lock: ExclusiveLock; readonly contents: ContentSource },
  purpose: 'calls' | 'check' = 'calls',
): ChildPool {
  const modulePath = classModule(source);
  const start: ChildStart = {
    modulePath,
    // The flags of a process say what loads TypeScript, and a thread does not take notice of all of them.
    registersTypeScript: hasRegisteredTypeScript() || (isolation === 'thread' && isTypeScript(modulePath)),
    className: source.className,
    needsCreate: source.hasCreate,
    argv: process.argv.slice(2),
    options: configuration.options,
    classInput: configuration.classInput,
    logLevel: lowerLevel(
      logLevels.find(level => level === logger.level) ?? 'trace',
      configuration.options.logFileLevel,
    ),
    isCheck: purpose === 'check',
  };
  const { declaredBy, method } = definition.processor;
  return new ChildPool({
    startChild: startChild[isolation],
    start,
    methodName: `${declaredBy}.${String(method)}`,
    lock,
    contents,
    logger,
    clock: systemClock,
  });
}

/** The hooks of a class whose instances are in children: each of them runs its own. */
export function hooksOfChildren(pool: ChildPool): Required<LifecycleHooks> {
  return {
    onStart: ({ signal }) => pool.open(signal),
    onStop: ({ summary }) => pool.close(summary),
  };
}
