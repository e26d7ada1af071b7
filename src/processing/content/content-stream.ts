import { Readable } from 'node:stream';
import type { ContentClient } from './content-client.js';

/** Of the pieces that the reader gets, and of what waits for it here: more is read ahead where the content is read. */
const pieceBytes = 64 * 1024;

/**
 * A byte stream over a content that is held nowhere. It is read as fast as the stream is.
 *
 * One that a call has left behind is told so if it listens for errors. Else it is closed without one, and without an end either: the call has
 * its result, and an error that nobody handles would end the process.
 */
export function contentStream(source: Pick<ContentClient, 'open'>, workId: number): Readable {
  // At once: it belongs to the call that asks for it, and may be read first when that has ended.
  const reading = source.open(workId);
  let bytes: Uint8Array = new Uint8Array();
  return new Readable({
    highWaterMark: pieceBytes,
    read() {
      const next = async (): Promise<Uint8Array | undefined> => {
        if (bytes.length === 0) bytes = (await reading.next()) ?? bytes;
        const piece = bytes.subarray(0, pieceBytes);
        bytes = bytes.subarray(pieceBytes);
        return piece.length === 0 ? undefined : piece;
      };
      next().then(
        piece =>
          this.push(piece === undefined ? null : Buffer.from(piece.buffer, piece.byteOffset, piece.length)),
        (error: unknown) => {
          const isMissed = reading.isLeftBehind && this.listenerCount('error') === 0;
          this.destroy(isMissed ? undefined : (error as Error));
        },
      );
    },
    destroy(error, done) {
      reading.close();
      bytes = new Uint8Array();
      done(error);
    },
  });
}
