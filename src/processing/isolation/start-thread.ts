import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { serializeError } from '../serialize-error.js';
import type { SerializedError } from '../file-work.js';
import type { FromChild, ToChild } from './child-messages.js';
import { refusedChild, type ChildListener, type ChildPort } from './child-port.js';

/** What the thread finds in `workerData`: its end of the channel. */
export const portKey = 'kafka-reproducer port';

/** Starts a child that is a thread. Its messages have a channel of their own: `parentPort` is the user's. */
export function startThread(program: URL, listener: ChildListener): ChildPort {
  const { port1: port, port2 } = new MessageChannel();
  let worker: Worker;
  try {
    worker = new Worker(program, {
      workerData: { [portKey]: port2 },
      transferList: [port2],
      name: 'kafka-reproducer method',
    });
  } catch (thrown) {
    // The system gives no further thread.
    port.close();
    return refusedChild('thread', thrown, listener);
  }
  const { threadId } = worker;
  let error: SerializedError | undefined;
  port.on('message', (message: FromChild) => listener.onMessage(message));
  worker.on('error', (thrown: unknown) => (error = serializeError(thrown)));
  worker.on('exit', code => {
    for (let left = receiveMessageOnPort(port); left !== undefined; left = receiveMessageOnPort(port))
      listener.onMessage(left.message as FromChild);
    port.close();
    const isOutOfMemory = error?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    const text = isOutOfMemory ? 'used up the memory that its heap may take' : `ended with exit code ${code}`;
    listener.onEnd({ text, ...(error === undefined || isOutOfMemory ? {} : { error }) });
  });
  return {
    name: `thread ${threadId}`,
    post: (message: ToChild) => {
      if (message.kind === 'content' && message.answer.kind === 'bytes') {
        port.postMessage(message, [message.answer.bytes.buffer as ArrayBuffer]);
        return;
      }
      if (message.kind !== 'call' || message.file.bytes === undefined) {
        port.postMessage(message);
        return;
      }
      // One copy here and none on the way is less than half of what the channel's own copying takes.
      const bytes = message.file.bytes.slice();
      port.postMessage({ ...message, file: { ...message.file, bytes } }, [bytes.buffer]);
    },
    kill: () => void worker.terminate(),
  };
}
