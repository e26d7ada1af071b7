import { writeSync } from 'node:fs';

/** So long until the next try where the reader of a pipe is slow. */
const pauseMs = 10;

/**
 * Writes a text to standard error before it returns. What cannot be written is left out: the terminal was closed, the reader of the pipe
 * has ended, the disk is full. A log must not end what it tells of, and least of all when that is being brought to an end.
 */
export function writeToStandardError(text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(2, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}
