import { fork, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { bytesPipe, lifeline } from './process-pipes.js';
import { messageIn, wrap } from './envelope.js';
import type { SerializedError } from '../file-work.js';
import { refusedChild, refusedEnd, type ChildEnd, type ChildListener, type ChildPort } from './child-port.js';

/** Messages that were sent before a process died come within this time; a descendant may keep their pipe open for longer. */
const lastMessagesMs = 1_000;
/** Less than this costs less in the message than beside it. */
const leastPipedBytes = 64 * 1024;

/**
 * Starts a child that is a process.
 *
 * It is the leader of a process group of its own, so that Ctrl-C in a terminal reaches the worker alone, which lets calls end. It ends
 * when the worker does, however that ends: a pipe between them is closed then, see `endWithWorker`.
 */
export function startProcess(program: URL, listener: ChildListener): ChildPort {
  let child: ChildProcess;
  try {
    child = forked(program);
  } catch (error) {
    // Where the memory or the environment is too large for it, Node says so at once.
    return refusedChild('process', error, listener);
  }
  let uncaught: SerializedError | undefined;
  let end: ChildEnd | undefined;
  let isOver = false;
  const over = (): void => {
    if (isOver || end === undefined) return;
    isOver = true;
    listener.onEnd({ ...end, ...(uncaught === undefined ? {} : { error: uncaught }) });
  };
  child.on('message', wrapped => {
    const message = messageIn(wrapped);
    if (message?.kind === 'uncaught') uncaught = message.error;
    if (message !== undefined && !isOver) listener.onMessage(message);
  });
  child.on('error', error => {
    // A message that could not be sent is an error, too; that the child is dead is told by its end.
    if (child.pid !== undefined) return;
    end = refusedEnd(error);
    over();
  });
  child.on('exit', (code, signal) => {
    end = { text: signal === null ? `ended with exit code ${code ?? 'unknown'}` : `was killed by ${signal}` };
    if (child.connected) setTimeout(over, lastMessagesMs);
    else over();
  });
  child.on('disconnect', over);
  // A process that could not be started for want of descriptors has none, against the types.
  const stdio = child.stdio as ChildProcess['stdio'] | undefined;
  const pipes: readonly (Readable | Writable | null | undefined)[] = stdio?.slice(lifeline) ?? [];
  // Nothing comes on them; a reset when the child dies is no news.
  for (const pipe of pipes) pipe?.on('error', () => undefined);
  const bytesOut = pipes[bytesPipe - lifeline] as Writable | undefined;
  return {
    name: child.pid === undefined ? 'process' : `process ${child.pid}`,
    post: message => {
      if (!child.connected) return;
      if (message.kind !== 'call' || (message.file.bytes?.length ?? 0) < leastPipedBytes) {
        child.send(wrap(message), () => undefined);
        return;
      }
      // The channel would copy them several times. The pipe takes them out of the memory where they are, as the child reads.
      const { bytes, ...file } = message.file;
      child.send(wrap({ ...message, file, bytesFollow: true }), () => undefined);
      bytesOut?.write(bytes!);
    },
    kill: () => {
      // Without a process the signal goes to whatever the handle's memory holds: 0 has been seen, which is this process and its group.
      if (child.pid !== undefined) child.kill('SIGKILL');
    },
  };
}

function forked(program: URL): ChildProcess {
  return fork(fileURLToPath(program), [], {
    execArgv: process.execArgv.filter(flag => !isOfWorkerAlone(flag)),
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe', 'pipe'],
    // A console window of its own on Windows, where Ctrl-C cannot be kept away by it.
    detached: process.platform !== 'win32',
  });
}

/** An inspector's port is taken; a text to run is no program. */
function isOfWorkerAlone(flag: string): boolean {
  return /^(--inspect|--debug-port|--watch|--test|--eval|--print|-e$|-p$|-pe$)/.test(flag);
}
