import { Readable } from 'node:stream';
import type { ContentReading, ContentSource } from './content-source.js';

/** Of the pieces that the reader gets, and of what waits for it here: more is read ahead where the content is read. */
const pieceBytes = 64 * 1024;

/** A byte stream over a content that is held nowhere. It is read as fast as the stream is. */
export function contentStream(source: ContentSource, workId: number): Readable {
  let reading: ContentReading | undefined;
  let bytes: Uint8Array = new Uint8Array();
  return new Readable({
    highWaterMark: pieceBytes,
    read() {
      const next = async (): Promise<Uint8Array | undefined> => {
        reading ??= source.open(workId);
        if (bytes.length === 0) bytes = (await reading.next()) ?? bytes;
        const piece = bytes.subarray(0, pieceBytes);
        bytes = bytes.subarray(pieceBytes);
        return piece.length === 0 ? undefined : piece;
      };
      next().then(
        piece =>
          this.push(piece === undefined ? null : Buffer.from(piece.buffer, piece.byteOffset, piece.length)),
        (error: unknown) => this.destroy(error as Error),
      );
    },
    destroy(error, done) {
      reading?.close();
      bytes = new Uint8Array();
      done(error);
    },
  });
}
