import { CompressionTypes } from 'kafkajs';

/** Kafka's compressions, by the names that configurations have for them. */
export const codecs = {
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const;
export type Codec = keyof typeof codecs;
export const codecNames = Object.keys(codecs) as Codec[];
