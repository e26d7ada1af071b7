/**
 * Numbers from 0 up to 1 that look random and are the same on every machine and in every run, for one seed: a
 * multiply-and-add sequence modulo 2^32 whose upper bits are used. Good enough for noise, not for secrets.
 *
 * Constants: Knuth, The Art of Computer Programming, vol. 2, section 3.3.4.
 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A number around 0 with standard deviation 1, by adding up uniform ones: no logarithm, so the same everywhere. */
export function noise(random: () => number): number {
  let sum = -6;
  for (let count = 0; count < 12; count++) sum += random();
  return sum;
}
