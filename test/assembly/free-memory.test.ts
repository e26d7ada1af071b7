import { afterEach, describe, expect, it } from 'vitest';
import { freeMemory } from '../../src/assembly/free-memory.js';

const mebibyte = 1024 * 1024;
const held: Buffer[] = [];
afterEach(() => {
  held.length = 0;
});

describe('memory that is freed', () => {
  it('is gone at once, though the buffer is still there', () => {
    const before = process.memoryUsage().arrayBuffers;
    for (let count = 0; count < 64; count += 1) {
      const bytes = Buffer.allocUnsafeSlow(mebibyte);
      held.push(bytes);
      freeMemory(bytes);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * mebibyte);
    expect(held.every(({ length }) => length === 0)).toBe(true);
  });

  it('is not that of small buffers, which share theirs with others', () => {
    const bytes = Buffer.from('abc');
    freeMemory(bytes);
    expect(bytes.toString()).toBe('abc');
  });
});
