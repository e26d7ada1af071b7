import type { Engine } from '../engine/engine.js';
import type { LiveProgress } from '../observe/live-progress.js';
import { usualWords } from '../observe/run-words.js';
import { RunObserver } from '../observe/run-observer.js';
import { FileTracer, type OpenTelemetryApi } from '../observe/tracing/file-tracer.js';
import { packageVersion } from '../package-version.js';
import { ContentClient } from '../processing/content/content-client.js';
import { FileProcessing } from '../processing/file-processing.js';
import type { ChildPool } from '../processing/isolation/child-pool.js';
import { hooksOfChildren, openChildren } from './isolation/open-children.js';
import { HookCalls } from './hook-calls.js';
import { hooksOf } from './lifecycle-hooks.js';
import type { PreparedRun } from './prepare-run.js';

export interface ConnectRunOptions {
  /** Undefined: nobody traces. */
  readonly openTelemetry: OpenTelemetryApi | undefined;
  /** Shows progress on the terminal. */
  readonly live: LiveProgress | undefined;
  /** Aborted when the worker is told to stop, or ends. */
  readonly stopping: AbortSignal;
  /** Who gets outcomes and gives contents; undefined before it is started, and once it wants nothing any more. */
  readonly engine: () => Pick<Engine, 'settle' | 'backOff' | 'content'> | undefined;
}

/** What exists while a worker runs, beside the engine. */
export interface ConnectedRun {
  readonly run: PreparedRun;
  readonly observer: RunObserver;
  readonly processing: FileProcessing;
  /** Asks the engine for contents that are held nowhere. */
  readonly contents: ContentClient;
  /** Undefined: nobody traces. */
  readonly tracer: FileTracer | undefined;
  readonly hooks: HookCalls;
  /** The threads or processes that the method runs in; undefined: it runs in this thread. */
  readonly children: ChildPool | undefined;
}

/**
 * Makes what calls the method of a class and watches it, and connects it with the engine; no hook is called yet.
 *
 * @throws {DecoratorUsageError} the instance lacks the method, or has a member with the name of a hook that is none
 * @throws {ConfigError} threads or processes could not find the class
 */
export function connectRun(run: PreparedRun, parts: ConnectRunOptions): ConnectedRun {
  const { definition, instance, logger, configuration, classSource, isForPeople } = run;
  const { openTelemetry, live, stopping: signal, engine } = parts;
  const { options } = configuration;
  const ownHooks = hooksOf(instance, definition.name);
  const { consumeTopic, isolation = 'none' } = options;
  const observer = new RunObserver({
    name: definition.name,
    consumeTopic,
    logger,
    isForPeople,
    words: {
      hasResults: definition.kind === 'reproducer',
      methodText: run.methodText ?? usualWords.methodText,
    },
    ...(live === undefined ? {} : { live }),
  });
  const tracer = openTelemetry === undefined ? undefined : new FileTracer(openTelemetry, tracedAs(run));
  const contents = new ContentClient(request => engine()?.content(request));
  let children: ChildPool | undefined;
  const processing = new FileProcessing({
    definition,
    instance,
    options,
    logger,
    onSettled: settled => {
      observer.calls.end(settled.workId);
      engine()?.settle(tracer?.settled(settled) ?? settled);
    },
    onBackOff: (workId, isBackingOff) => engine()?.backOff(workId, isBackingOff),
    onProgress: progress => observer.calls.report(progress),
    contents,
    aroundCall: tracer && ((call, act) => tracer.call(call, act)),
    placeCalls:
      isolation === 'none' || classSource === undefined
        ? undefined
        : lock => (children = openChildren(run, classSource, isolation, { lock, contents })),
  });
  const context = { log: logger, options, lock: processing.lock, signal };
  const hooks = new HookCalls(run, children === undefined ? ownHooks : hooksOfChildren(children), context);
  return { run, observer, processing, contents, tracer, hooks, children };
}

function tracedAs({ definition, configuration }: PreparedRun): ConstructorParameters<typeof FileTracer>[1] {
  const { consumeTopic, groupId, produceTopic } = configuration.options;
  const { declaredBy, method } = definition.processor;
  const methodName = `${declaredBy}.${String(method)}`;
  return { version: packageVersion(), consumeTopic, groupId, produceTopic, methodName };
}
