import { gunzipSync } from 'node:zlib';
import { type Decompress } from '../protocol/records.js';

/**
 * Opens what Node can open by itself: nothing and gzip.
 * @throws {Error} any other compression: pass a decompressor of your own
 */
export const decompressKnown: Decompress = (records, compression) => {
  if (compression === 'none') return records;
  if (compression === 'gzip') return gunzipSync(records);
  throw new Error(
    `cannot read records compressed with ${compression}: the embedded broker opens only gzip; pass \`decompress\``,
  );
};
