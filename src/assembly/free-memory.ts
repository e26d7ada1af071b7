import { MessageChannel, type MessagePort } from 'node:worker_threads';

/** Below, the garbage collector is as good. */
const leastBytes = 64 * 1024;
let nowhere: MessagePort | undefined;

/**
 * Gives memory of its own back at once, where the garbage collector would leave it for a while: V8 lets dead buffers be until tens of
 * megabytes of them have come together. Whoever still looks at the bytes finds none.
 */
export function freeMemory(bytes: Buffer): void {
  const memory = bytes.buffer;
  if (!(memory instanceof ArrayBuffer) || memory.byteLength < leastBytes) return;
  nowhere ??= closedPort();
  // Memory that is transferred belongs to the message, and goes with it.
  nowhere.postMessage(undefined, [memory]);
}

function closedPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port1.unref();
  port1.close();
  port2.close();
  return port1;
}
