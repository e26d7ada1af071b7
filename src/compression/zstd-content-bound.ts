const magic = 0xfd2fb528;
const maxBlockBytes = 131_072;
/** Bytes of the dictionary id and of the content size for each value of their flags. */
const dictionaryIdBytes = [0, 1, 2, 4];
const contentSizeBytes = [0, 2, 4, 8];

interface FrameHeader {
  readonly byteLength: number;
  readonly contentSize?: number;
  readonly hasChecksum: boolean;
}

/**
 * The most bytes that a zstd frame can decompress to, from its header and the heads of its blocks alone; exact
 * when the header has the content's size. Streaming writers, the Java client among them, leave that out.
 * Source: RFC 8878, section 3.1.1.
 *
 * @throws {Error} it is not one whole frame, or its header claims more than its blocks can hold
 */
export function zstdContentBound(frame: Buffer): number {
  const header = readHeader(frame);
  let at = header.byteLength;
  let bound = 0;
  for (let isLast = false; !isLast;) {
    if (at + 3 > frame.length) throw new Error('the zstd frame is cut off');
    const head = frame.readUIntLE(at, 3);
    isLast = (head & 1) === 1;
    const type = (head >> 1) & 3;
    const byteLength = head >> 3;
    // 0 stored, 1 one byte repeated, 2 compressed
    if (type === 3 || byteLength > maxBlockBytes)
      throw new Error('the zstd frame has a block that cannot be');
    bound += type === 2 ? maxBlockBytes : byteLength;
    at += 3 + (type === 1 ? 1 : byteLength);
  }
  at += header.hasChecksum ? 4 : 0;
  if (at !== frame.length) throw new Error(`the zstd frame ends at byte ${at}, the batch at ${frame.length}`);
  if (header.contentSize === undefined) return bound;
  if (header.contentSize > bound)
    throw new Error(`the zstd frame claims ${header.contentSize} bytes, its blocks hold at most ${bound}`);
  return header.contentSize;
}

function readHeader(frame: Buffer): FrameHeader {
  if (frame.length < 6 || frame.readUInt32LE(0) !== magic) throw new Error('it is not a zstd frame');
  const descriptor = frame[4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 && isSingleSegment ? 1 : contentSizeBytes[sizeFlag]!;
  const sizeAt = 5 + (isSingleSegment ? 0 : 1) + dictionaryIdBytes[descriptor & 3]!;
  const header = { byteLength: sizeAt + sizeBytes, hasChecksum: (descriptor & 0x04) !== 0 };
  if (header.byteLength > frame.length) throw new Error('the zstd frame is cut off');
  return sizeBytes === 0 ? header : { ...header, contentSize: contentSize(frame, sizeAt, sizeBytes) };
}

/** Two bytes begin at 256, because smaller sizes have the one-byte form. */
function contentSize(frame: Buffer, at: number, byteLength: number): number {
  if (byteLength === 8) return Number(frame.readBigUInt64LE(at));
  return frame.readUIntLE(at, byteLength) + (byteLength === 2 ? 256 : 0);
}
