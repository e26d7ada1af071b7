import { type BlockCodec, checkDecompressedSize, lazyPackage } from './block-codec.js';

const loadLz4 = lazyPackage('lz4', 'lz4-napi', () => import('lz4-napi'));

/** One LZ4 frame per batch, with independent blocks: the Java client refuses others. */
export const lz4Codec: BlockCodec = {
  name: 'lz4',
  async compress(records) {
    const lz4 = await loadLz4();
    return lz4.compressFrame(records);
  },
  async decompress(batch, maxBytes) {
    const lz4 = await loadLz4();
    checkDecompressedSize(lz4ContentBound(batch), maxBytes);
    return lz4.decompressFrame(batch);
  },
};

/** One byte of a block cannot stand for more than this many. */
const maxRatio = 255;
const magic = 0x184d2204;

/**
 * The most bytes that a frame can decompress to, from the lengths of its blocks alone. Source: LZ4 Frame Format
 * Description 1.6.
 *
 * @throws {Error} it is not one whole frame
 */
export function lz4ContentBound(frame: Buffer): number {
  if (frame.length < 7 || frame.readUInt32LE(0) !== magic) throw new Error('it is not an LZ4 frame');
  const flags = frame[4]!;
  const blockMaxBytes = 1 << (8 + 2 * ((frame[5]! >> 4) & 7));
  const hasBlockChecksums = (flags & 0x10) !== 0;
  let at = 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4);
  let bound = 0;
  for (;;) {
    if (at + 4 > frame.length) throw new Error('the LZ4 frame is cut off');
    const head = frame.readUInt32LE(at);
    at += 4;
    if (head === 0) break;
    const byteLength = head & 0x7fff_ffff;
    const isStored = head > 0x7fff_ffff;
    bound += isStored ? byteLength : Math.min(blockMaxBytes, byteLength * maxRatio);
    at += byteLength + (hasBlockChecksums ? 4 : 0);
  }
  at += (flags & 0x04) === 0 ? 0 : 4;
  if (at !== frame.length) throw new Error(`the LZ4 frame ends at byte ${at}, the batch at ${frame.length}`);
  return bound;
}
