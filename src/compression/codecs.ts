import type { BlockCodec } from './block-codec.js';
import { gzipCodec } from './gzip-codec.js';
import { lz4Codec } from './lz4-codec.js';
import { snappyCodec } from './snappy-codec.js';
import { zstdCodec } from './zstd-codec.js';

/** The compressions of Kafka's record batches, by the names they have in its settings. */
export const codecs = {
  gzip: gzipCodec,
  snappy: snappyCodec,
  lz4: lz4Codec,
  zstd: zstdCodec,
} as const satisfies Readonly<Record<string, BlockCodec>>;

/**
 * Most bytes that one record batch may have after decompression. The broker limits only the compressed size, and a megabyte of
 * zstd can claim to be many gigabytes. Far above what clients put into one batch.
 */
export const defaultMaxBatchBytes = 128 * 1024 * 1024;
