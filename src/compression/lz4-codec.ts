import { type BlockCodec, checkDecompressedSize, lazyPackage } from './block-codec.js';
import { decompressLz4Block } from './lz4-block.js';

const loadLz4 = lazyPackage('lz4', 'lz4-napi', () => import('lz4-napi'));

/** One LZ4 frame per batch, with independent blocks: the Java client refuses others. */
export const lz4Codec: BlockCodec = {
  name: 'lz4',
  async compress(records) {
    const lz4 = await loadLz4();
    return lz4.compressFrame(records);
  },
  decompress(batch, maxBytes) {
    // What is thrown must reject.
    return Promise.resolve().then(() => decompressFrame(batch, maxBytes));
  },
};

/** One byte of a block cannot stand for more than this many. */
const maxRatio = 255;
const magic = 0x184d2204;
const flag = { blockChecksums: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionaryId: 0x01 } as const;

/** Most batches fit, however much larger than they are the bound is. Its pages are used only as far as batches reach. */
const scratchBytes = 4 * 1024 * 1024;
let scratch: Buffer | undefined;

/** Checksums are not looked at: Kafka's batches have their own, and chunks as well. */
function decompressFrame(frame: Buffer, maxBytes: number): Buffer {
  const { blocks, bound, contentSize } = readFrame(frame);
  checkDecompressedSize(bound, maxBytes);
  const isSmall = bound <= scratchBytes;
  const target = isSmall ? scratchMemory().subarray(0, bound) : Buffer.allocUnsafeSlow(bound);
  let filled = 0;
  for (const { bytes, isStored } of blocks) {
    if (isStored) filled += bytes.copy(target, filled);
    else filled = decompressLz4Block(bytes, target, filled);
  }
  if (contentSize !== undefined && contentSize !== filled)
    throw new Error(`the LZ4 frame claims ${contentSize} bytes, its blocks hold ${filled}`);
  const content = target.subarray(0, filled);
  return isSmall ? Buffer.from(content) : content;
}

function scratchMemory(): Buffer {
  return (scratch ??= Buffer.allocUnsafeSlow(scratchBytes));
}

/**
 * The most bytes that a frame can decompress to, from the lengths of its blocks alone.
 * @throws {Error} it is not one whole frame
 */
export function lz4ContentBound(frame: Buffer): number {
  return readFrame(frame).bound;
}

interface Frame {
  readonly blocks: readonly { readonly bytes: Buffer; readonly isStored: boolean }[];
  readonly bound: number;
  readonly contentSize: number | undefined;
}

/** Source: LZ4 Frame Format Description 1.6. */
function readFrame(frame: Buffer): Frame {
  if (frame.length < 7 || frame.readUInt32LE(0) !== magic) throw new Error('it is not an LZ4 frame');
  const flags = frame[4]!;
  const has = (what: keyof typeof flag): boolean => (flags & flag[what]) !== 0;
  const blockMaxBytes = 1 << (8 + 2 * ((frame[5]! >> 4) & 7));
  let at = 7 + (has('contentSize') ? 8 : 0) + (has('dictionaryId') ? 4 : 0);
  if (at > frame.length) throw new Error('the LZ4 frame is cut off');
  const blocks: { bytes: Buffer; isStored: boolean }[] = [];
  let bound = 0;
  for (;;) {
    if (at + 4 > frame.length) throw new Error('the LZ4 frame is cut off');
    const head = frame.readUInt32LE(at);
    at += 4;
    if (head === 0) break;
    const byteLength = head & 0x7fff_ffff;
    const isStored = head > 0x7fff_ffff;
    bound += isStored ? byteLength : Math.min(blockMaxBytes, byteLength * maxRatio);
    blocks.push({ bytes: frame.subarray(at, at + byteLength), isStored });
    at += byteLength + (has('blockChecksums') ? 4 : 0);
  }
  at += has('contentChecksum') ? 4 : 0;
  if (at !== frame.length) throw new Error(`the LZ4 frame ends at byte ${at}, the batch at ${frame.length}`);
  return { blocks, bound, contentSize: has('contentSize') ? Number(frame.readBigUInt64LE(6)) : undefined };
}
