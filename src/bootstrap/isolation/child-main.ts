import { isMainThread } from 'node:worker_threads';
import { applyClassInput } from '../../config/class-input.js';
import { UsageError } from '../../errors.js';
import { createForwardingLogger, type Logger } from '../../logger.js';
import { ChildCalls } from '../../processing/isolation/child-calls.js';
import { linkOfProcess, linkOfThread, type ChildLink } from '../../processing/isolation/child-link.js';
import type { Refusal, ToChild } from '../../processing/isolation/child-messages.js';
import { RemoteLock } from '../../processing/isolation/remote-lock.js';
import { processorMethod } from '../../processing/processor-method.js';
import { serializeError } from '../../processing/serialize-error.js';
import type { RunSummary } from '../../observe/run-summary.js';
import { hooksOf, type LifecycleHooks, type StartContext } from '../lifecycle-hooks.js';
import { defineReproducer, type DefinedReproducer } from '../prepare-run.js';
import type { ChildStart } from './child-start.js';
import { findClass } from './find-class.js';

/** The program of a child: makes the instance as the worker did, calls `onStart`, and then the method as it is told to. For --check only the first. */
interface Child {
  readonly calls: ChildCalls;
  readonly lock: RemoteLock;
  readonly hooks: Required<LifecycleHooks>;
  readonly context: StartContext;
}

const link: ChildLink = isMainThread ? linkOfProcess() : linkOfThread();
const stopping = new AbortController();
let lock: RemoteLock | undefined;
let child: Child | undefined;

link.onMessage(message => {
  if (message.kind === 'begin') void begin(message.start as ChildStart);
  else if (message.kind === 'stopping') stopping.abort(new Error(message.reason));
  else if (message.kind === 'lock-granted') lock?.granted(message.request);
  else if (child !== undefined) obey(child, message);
});

async function begin(start: ChildStart): Promise<void> {
  process.argv = [process.argv[0]!, start.modulePath, ...start.argv];
  const logger = createForwardingLogger(start.logLevel, line => link.post({ kind: 'log', line }));
  let prepared: Child;
  try {
    prepared = prepare(await define(start), start, logger);
  } catch (error) {
    refuse(error instanceof UsageError ? 'usage' : 'failed', error);
    return;
  }
  try {
    if (!start.isCheck) await prepared.hooks.onStart(prepared.context);
  } catch (error) {
    refuse('on-start', error);
    return;
  }
  child = prepared;
  link.post({ kind: 'ready' });
}

async function define(start: ChildStart): Promise<DefinedReproducer> {
  const { target, options } = await findClass(start);
  const defined = await defineReproducer(target, options);
  applyClassInput(defined.definition, defined.instance, start.classInput);
  return defined;
}

function prepare(
  { definition, instance }: DefinedReproducer,
  { options }: ChildStart,
  logger: Logger,
): Child {
  const method = processorMethod(definition, instance, options.produceTopic);
  lock = new RemoteLock(method.name, (kind, request) => link.post({ kind, request }));
  const { memoryBudgetBytes } = options;
  const calls = new ChildCalls({ method, lock, logger, memoryBudgetBytes, link });
  const hooks = hooksOf(instance, definition.name);
  return { calls, lock, hooks, context: { log: logger, options, lock, signal: stopping.signal } };
}

function obey(to: Child, message: ToChild): void {
  if (message.kind === 'call') void to.calls.call(message);
  else if (message.kind === 'abort') to.calls.abort(message.reason);
  else if (message.kind === 'content') to.calls.content(message.answer);
  else if (message.kind === 'end') void end(to, message.summary as RunSummary);
}

async function end({ hooks, context }: Child, summary: RunSummary): Promise<void> {
  stopping.abort(new Error('the worker has ended'));
  try {
    await hooks.onStop({ ...context, summary });
    link.end({ kind: 'ended' });
  } catch (error) {
    link.end({ kind: 'ended', error: serializeError(error) });
  }
}

function refuse(kind: Refusal['kind'], error: unknown): void {
  link.end({ kind: 'refused', refusal: { kind, error: serializeError(error) } });
}
