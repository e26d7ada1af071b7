import { createHash } from 'node:crypto';

const numbers = (length: number) => Array.from({ length }, (_, number) => number);

/** What the frames of frames.json hold; each is computed, so that only the compressed form has to be stored. */
export const contents = {
  text: Buffer.from(
    numbers(60)
      .map(n => `${n},${(n * 37) % 101},${(n * n) % 89}\n`)
      .join(''),
  ),
  repetitive: Buffer.from('reading 7 of 9: ok\n'.repeat(8_000)),
  large: Buffer.from('reading 7 of 9: ok\n'.repeat(160_000)),
  random: Buffer.concat(
    numbers(10).map(n =>
      createHash('sha256')
        .update(Buffer.from([n]))
        .digest(),
    ),
  ),
  tiny: Buffer.from('x'),
  empty: Buffer.alloc(0),
} as const;

export type ContentName = keyof typeof contents;
