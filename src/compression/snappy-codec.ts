import { type BlockCodec, checkDecompressedSize, lazyPackage } from './block-codec.js';

const loadSnappy = lazyPackage('snappy', 'snappy', () => import('snappy'));

/** 0x82 SNAPPY 0x00, then version and lowest compatible version of the framing. */
const xerialMagic = Buffer.from('82534e4150505900', 'hex');
const xerialHeader = Buffer.concat([xerialMagic, Buffer.from('0000000100000001', 'hex')]);
/** As the Java client. */
const blockBytes = 32_768;

/** Else, and without `Sync`, it is memory that V8 does not know of, and much of it comes together before any is collected. */
const ownMemory = { asBuffer: true, copyOutputData: true } as const;

/**
 * Snappy as the Java client frames it ("Xerial": a header, then blocks, each after its length in 4 bytes).
 * Reads also a single raw block, which is what librdkafka writes.
 */
export const snappyCodec: BlockCodec = {
  name: 'snappy',
  async compress(records) {
    const snappy = await loadSnappy();
    const blocks: Promise<Buffer>[] = [];
    for (let start = 0; start < records.length; start += blockBytes)
      blocks.push(snappy.compress(records.subarray(start, start + blockBytes)));
    const parts = (await Promise.all(blocks)).flatMap(block => [lengthOf(block), block]);
    return Buffer.concat([xerialHeader, ...parts]);
  },
  async decompress(batch, maxBytes) {
    const snappy = await loadSnappy();
    const blocks = isXerial(batch) ? xerialBlocks(batch) : [batch];
    checkDecompressedSize(
      blocks.reduce((sum, block) => sum + rawContentLength(block), 0),
      maxBytes,
    );
    const contents = blocks.map(block => snappy.uncompressSync(block, ownMemory));
    return contents.length === 1 ? (contents[0] as Buffer) : Buffer.concat(contents as Buffer[]);
  },
};

function lengthOf(block: Buffer): Buffer {
  const byteLength = Buffer.allocUnsafe(4);
  byteLength.writeUInt32BE(block.length);
  return byteLength;
}

function isXerial(batch: Buffer): boolean {
  return batch.length >= xerialHeader.length && xerialMagic.equals(batch.subarray(0, xerialMagic.length));
}

function xerialBlocks(batch: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  let at = xerialHeader.length;
  while (at < batch.length) {
    if (at + 4 > batch.length) throw new Error('the last snappy block has no length');
    const end = at + 4 + batch.readUInt32BE(at);
    if (end > batch.length)
      throw new Error(`a snappy block reaches to byte ${end}, the batch ends at ${batch.length}`);
    blocks.push(batch.subarray(at + 4, end));
    at = end;
  }
  return blocks;
}

/**
 * The length that a raw block announces in its first bytes (a base-128 number); the library would allocate it
 * unchecked.
 */
function rawContentLength(block: Buffer): number {
  let byteLength = 0;
  for (let position = 0; position < 5 && position < block.length; position++) {
    byteLength += (block[position]! & 0x7f) * 2 ** (7 * position);
    if (block[position]! < 0x80) return byteLength;
  }
  throw new Error('a snappy block does not begin with its length');
}
