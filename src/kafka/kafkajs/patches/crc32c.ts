import { createRequire } from 'node:module';

/** CRC-32C of bytes, from 0 to 2^32 - 1; `zlib.crc32` of Node.js is another one. */
export type Crc32c = (bytes: Buffer) => number;

const load = createRequire(import.meta.url);

/** Lengths and places on both sides of what processors do at once. */
const probes = [0, 1, 7, 8, 9, 63, 64, 65, 1_023, 4_099];
const probed = Buffer.from(Array.from({ length: 4_200 }, (_, at) => (at * 31 + (at >> 5)) & 0xff));

/**
 * The compiled function where there is one for this machine and it counts as kafkajs's own does, else that one: about 0.4 GB/s instead
 * of 6, and always right.
 *
 * @param find loads the compiled function; throws where there is none
 */
export function fastestCrc32c(plain: Crc32c, find: () => Crc32c = compiledCrc32c): Crc32c {
  try {
    const compiled = find();
    const isRight = probes.every(length => {
      const bytes = probed.subarray(length & 3, (length & 3) + length);
      return compiled(bytes) === plain(bytes);
    });
    return isRight ? compiled : plain;
  } catch {
    return plain;
  }
}

function compiledCrc32c(): Crc32c {
  return (load('@node-rs/crc32') as { readonly crc32c: Crc32c }).crc32c;
}
