import { promisify } from 'node:util';
import { gzip, unzip } from 'node:zlib';
import type { BlockCodec } from './block-codec.js';

const gzipBytes = promisify(gzip);
const unzipBytes: (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer> = promisify(unzip);

/** As kafkajs's own, but bounded: gzip shrinks up to 1,032 times. */
export const gzipCodec: BlockCodec = {
  name: 'gzip',
  compress: records => gzipBytes(records),
  decompress: (batch, maxBytes) => unzipBytes(batch, { maxOutputLength: maxBytes }),
};
