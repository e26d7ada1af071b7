import { Worker, workerData, type MessagePort } from 'node:worker_threads';
import { serializeError } from '../serialize-error.js';
import type { FromChild, ToChild } from './child-messages.js';
import { orderIn, wrap } from './envelope.js';
import { lifeline, readFromWorker } from './process-pipes.js';
import { portKey } from './start-thread.js';

/** A child's end of what connects it with the worker. */
export interface ChildLink {
  /** @param memory is transferred where that can be, so nothing else may use it */
  post(message: FromChild, memory?: ArrayBuffer[]): void;
  onMessage(listener: (message: ToChild) => void): void;
  /** Sends the last message, and ends the child. */
  end(message: FromChild): void;
}

/** In a thread. It is ended by the worker's end; an error that nothing catches is told by Node. */
export function linkOfThread(): ChildLink {
  const port = (workerData as Record<string, unknown>)[portKey] as MessagePort;
  const post: ChildLink['post'] = (message, memory = []) => port.postMessage(message, memory);
  return {
    post,
    onMessage: listener => void port.on('message', listener),
    end: message => {
      post(message);
      process.exit(0);
    },
  };
}

/** In a process. */
export function linkOfProcess(): ChildLink {
  const send = (message: FromChild, then: () => void = () => undefined): void => {
    if (process.connected) process.send!(wrap(message), undefined, undefined, then);
    else then();
  };
  process.on('uncaughtExceptionMonitor', error => {
    send({ kind: 'uncaught', error: serializeError(error) });
  });
  // A service manager signals each process of a service. The worker lets calls end, and ends this one then.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  endWithWorker();
  return {
    post: message => send(message),
    onMessage: listener => {
      process.on('message', wrapped => {
        const message = orderIn(wrapped);
        if (message !== undefined) listener(withBytes(message));
      });
    },
    end: message => send(message, () => process.exit(0)),
  };
}

function withBytes(message: ToChild): ToChild {
  if (message.kind !== 'call' || message.bytesFollow !== true) return message;
  const bytes = readFromWorker(message.file.size);
  // As when the channel is closed.
  if (bytes === undefined) process.exit(1);
  return { ...message, file: { ...message.file, bytes } };
}

/** So long after the worker's end the process may take for its own. */
const farewellMs = 2_000;

/**
 * Ends this process when the worker has ended, whatever ended it: politely when it can listen, else by force. A thread
 * watches the pipe to the worker, as a method that never returns keeps this one from hearing of it.
 */
function endWithWorker(): void {
  process.on('disconnect', () => process.exit(1));
  const watch = `
    const { Socket } = require('node:net');
    new Socket({ fd: ${lifeline}, readable: true })
      .on('error', () => undefined)
      .on('close', () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), ${farewellMs}))
      .resume();`;
  new Worker(watch, { eval: true, execArgv: [], name: 'kafka-reproducer end' }).unref();
}
