import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteGate } from '../../../src/programs/upload/byte-gate.js';

describe('ByteGate', () => {
  it('never holds more than its capacity, lets everybody in, and in the order of asking', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), sizes, async (capacity, asked) => {
        const gate = new ByteGate(capacity);
        const order: number[] = [];
        const visits = asked.map(async (byteCount, visitor) => {
          const leave = await gate.enter(byteCount);
          order.push(visitor);
          expect(gate.heldBytes).toBeLessThanOrEqual(capacity);
          await Promise.resolve();
          leave();
        });
        await Promise.all(visits);
        expect(order).toEqual(asked.map((_, visitor) => visitor));
        expect(gate.heldBytes).toBe(0);
      }),
    );
  });

  it('lets nobody pass who waits behind a larger one', async () => {
    const gate = new ByteGate(10);
    const leave = await gate.enter(6);
    const entered: string[] = [];
    const large = gate.enter(8).then(leaveLarge => (entered.push('large'), leaveLarge));
    const small = gate.enter(1).then(() => entered.push('small'));
    await Promise.resolve();
    expect(entered).toEqual([]);
    leave();
    (await large)();
    await small;
    expect(entered).toEqual(['large', 'small']);
  });
});
