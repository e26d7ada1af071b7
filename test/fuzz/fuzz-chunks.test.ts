import { expect, it } from 'vitest';
import { fuzzRound } from './fuzz-chunks.js';

it('damaged chunks stop nothing, leave nothing outside of the output directory, and have their dead letters', async () => {
  const first = Math.floor(Math.random() * 2 ** 30);
  for (let seed = first; seed < first + 2; seed += 1) {
    const { problems, badInputCount } = await fuzzRound(seed);
    expect(problems, `seed ${seed}`).toEqual([]);
    // Messages that are all good would prove nothing.
    expect(badInputCount).toBeGreaterThan(20);
  }
});
