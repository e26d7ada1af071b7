import { describe, expect, it } from 'vitest';
import { findViolation } from './find-violation.js';
import { mutations } from './mutations.js';
import { shrink } from './shrink.js';

/** Each is noticed within 500 histories from the first seed; more leave room for changes of the plans. */
const mostHistories = 3_000;

describe('the simulation notices when', () => {
  it.each(mutations.map(({ name, install }) => [name, install] as const))(
    '%s',
    { timeout: 180_000 },
    async (_name, install) => {
      const restore = install();
      try {
        expect(await findViolation(1, mostHistories)).toBeDefined();
      } finally {
        restore();
      }
    },
  );
});

it('a violation is shown in a history with nothing that it does not need', { timeout: 60_000 }, async () => {
  const restore = mutations[0]!.install();
  try {
    const found = await findViolation(1, 100);
    const { plan } = (await shrink(found!)).history;
    expect(plan).toMatchObject({ accidents: [], partitionCount: 1, workerCount: 1 });
    expect(plan.uploads).toHaveLength(1);
  } finally {
    restore();
  }
});
