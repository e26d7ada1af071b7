import { promisify } from 'node:util';
import { gzip, unzip } from 'node:zlib';
import type { BlockCodec } from './block-codec.js';

interface UnzipOptions {
  readonly maxOutputLength: number;
  readonly chunkSize: number;
}

const gzipBytes = promisify(gzip);
const unzipBytes: (bytes: Buffer, options: UnzipOptions) => Promise<Buffer> = promisify(unzip);

/** As kafkajs's own, but bounded: gzip shrinks up to 1,032 times. */
export const gzipCodec: BlockCodec = {
  name: 'gzip',
  compress: records => gzipBytes(records),
  decompress: (batch, maxBytes) =>
    unzipBytes(batch, { maxOutputLength: maxBytes, chunkSize: pieceBytes(batch) }),
};

const leastPieceBytes = 16 * 1024;
const mostPieceBytes = 4 * 1024 * 1024;

/**
 * zlib gives out content in pieces, which are copied into one afterwards. So one piece takes all, where it can: a member ends with the
 * length of its content, which may be wrong, or that of the last of several. With room for one byte more there is no second, empty piece.
 */
function pieceBytes(batch: Buffer): number {
  const contentBytes = batch.length < 4 ? 0 : batch.readUInt32LE(batch.length - 4);
  return Math.min(Math.max(contentBytes + 1, leastPieceBytes), mostPieceBytes);
}
