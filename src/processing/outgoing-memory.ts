import type { OutgoingMessage } from './file-work.js';

/** From here on a copy costs more than the transfer. */
const leastTransferBytes = 64 * 1024;

/** Memory that only these messages use; small pieces are copied, and may share Node's pool. */
export function memoryOf(messages: readonly OutgoingMessage[]): ArrayBuffer[] {
  const memory = new Set<ArrayBuffer>();
  for (const { value } of messages) {
    if (value === null || value.length < leastTransferBytes) continue;
    if (value.buffer instanceof ArrayBuffer && value.buffer.byteLength === value.length)
      memory.add(value.buffer);
  }
  return [...memory];
}

/** The same messages in memory of their own, where what was received is one piece for all of them. */
export function inOwnMemory(messages: readonly OutgoingMessage[]): OutgoingMessage[] {
  return messages.map(message => ({
    ...message,
    key: message.key === null ? null : new Uint8Array(message.key),
    value: message.value === null ? null : new Uint8Array(message.value),
  }));
}
