import { expect, it } from 'vitest';
import { fuzzRound } from './fuzz-chunks.js';

it('damaged chunks stop nothing, leave nothing outside of the output directory, have one dead letter each, and spoil no good file', async () => {
  const first = Math.floor(Math.random() * 2 ** 30);
  for (let seed = first; seed < first + 2; seed += 1) {
    const { problems, lost, repeated, badInputCount } = await fuzzRound(seed);
    expect({ problems, lost, repeated }, `seed ${seed}`).toEqual({ problems: [], lost: [], repeated: [] });
    // Messages that are all good would prove nothing.
    expect(badInputCount).toBeGreaterThan(20);
  }
});
