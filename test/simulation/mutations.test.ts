import { describe, expect, it } from 'vitest';
import { findViolation } from './find-violation.js';
import { mutations } from './mutations.js';
import { planFor } from './switch-off.js';
import { shrink } from './shrink.js';

/** Each is noticed within 500 histories from the first seed; more leave room for changes of the plans. */
const mostHistories = 3_000;

describe('the simulation notices when', () => {
  it.each(mutations.map(one => [one.name, one.delivery, one] as const))(
    '%s (%s)',
    { timeout: 180_000 },
    async (_name, _delivery, mutation) => {
      const { install, fromSeed = 1 } = mutation;
      const restore = install();
      try {
        expect(await findViolation(fromSeed, mostHistories, undefined, planFor(mutation))).toBeDefined();
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
