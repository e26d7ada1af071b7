import { readSync } from 'node:fs';

/** File descriptor, in a child that is a process, of a pipe that only the worker holds the other end of. */
export const lifeline = 4;
/** File descriptor of the pipe, in a child that is a process, on which the bytes of files come. */
export const bytesPipe = 5;

/**
 * Takes the next file from the pipe, in the child. The worker has told of it over the channel and writes it now; meanwhile
 * this process has nothing else to do, so it waits for it in the system, which spares the event loop's many small pieces.
 *
 * @param size bytes
 * @returns the file in memory of its own; undefined: the worker has ended meanwhile
 */
export function readFromWorker(size: number): Uint8Array | undefined {
  const bytes = Buffer.allocUnsafeSlow(size);
  for (let done = 0; done < size;) {
    const count = readSync(bytesPipe, bytes, done, size - done, null);
    if (count === 0) return undefined;
    done += count;
  }
  return bytes;
}
