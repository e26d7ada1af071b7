import { MalformedRequestError } from './protocol/malformed-request-error.js';

const lengthBytes = 4;

/**
 * Cuts a byte stream into requests, each of which is preceded by its length in four bytes.
 *
 * Memory follows what really arrived: a length alone allocates nothing. A request that came in one piece is a view,
 * one that came in several is joined once.
 */
export class FrameSplitter {
  private pieces: Buffer[] = [];
  private pieceBytes = 0;
  /** Bytes that `pieces` must have before something can be cut: a length, or a length and its request. */
  private neededBytes = lengthBytes;

  constructor(private readonly maxFrameBytes: number) {}

  /**
   * Takes the next bytes.
   * @returns the requests that are complete now, without their lengths
   * @throws {MalformedRequestError} a length is below 1 or above the limit
   */
  push(bytes: Buffer): Buffer[] {
    this.pieces.push(bytes);
    this.pieceBytes += bytes.length;
    if (this.pieceBytes < this.neededBytes) return [];
    const joined = this.pieces.length === 1 ? bytes : Buffer.concat(this.pieces, this.pieceBytes);
    const frames: Buffer[] = [];
    let start = 0;
    this.neededBytes = lengthBytes;
    while (joined.length - start >= lengthBytes) {
      const end = start + lengthBytes + this.checkedLength(joined.readInt32BE(start));
      if (end > joined.length) {
        this.neededBytes = end - start;
        break;
      }
      frames.push(joined.subarray(start + lengthBytes, end));
      start = end;
    }
    this.pieces = start < joined.length ? [joined.subarray(start)] : [];
    this.pieceBytes = joined.length - start;
    return frames;
  }

  private checkedLength(length: number): number {
    if (length < 1 || length > this.maxFrameBytes) {
      throw new MalformedRequestError(`a request of ${length} bytes: expected 1 to ${this.maxFrameBytes}`);
    }
    return length;
  }
}
