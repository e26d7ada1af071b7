import { describe, expect, it } from 'vitest';
import { ChunkBuffers } from '../../src/assembly/chunk-buffers.js';
import { FileMemory } from '../../src/assembly/file-memory.js';
import { isMapped, MappedMemory } from '../../src/assembly/mapped-memory.js';
import { runAlone } from '../own-process.js';

const chunkBytes = 512 * 1024;
const mebibyte = 1024 * 1024;

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}

describe('memory of chunks on their way to disk', () => {
  it('is kept for the next ones up to an eighth of the budget, the rest is gone at once', () => {
    const buffers = new ChunkBuffers(8 * mebibyte);
    const chunk = Buffer.alloc(chunkBytes, 1);
    const held = times(10, () => buffers.copy(chunk));
    held.forEach(each => buffers.giveBack(each));
    expect(held.map(({ length }) => length)).toEqual([chunkBytes, chunkBytes, ...times(8, () => 0)]);
    expect(times(3, () => buffers.copy(chunk)).filter(each => held.includes(each))).toHaveLength(2);
  });

  it('of chunks of another length is not kept', () => {
    const buffers = new ChunkBuffers(8 * mebibyte);
    const held = buffers.copy(Buffer.alloc(chunkBytes));
    buffers.giveBack(held);
    expect(buffers.copy(Buffer.alloc(chunkBytes - 1, 2)).equals(Buffer.alloc(chunkBytes - 1, 2))).toBe(true);
    expect(held).toHaveLength(0);
  });
});

describe('mapped memory', () => {
  it.runIf(process.platform === 'linux')('goes back to the system each time', async () => {
    const printed = await runAlone(`
      import { readFileSync } from 'node:fs';
      import { MappedMemory } from '../src/assembly/mapped-memory.js';
      const residentKiB = () => Number(/^VmRSS:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
      const memory = new MappedMemory();
      // Between two of them something that stays: then an allocator cannot give any of them back.
      const others = [];
      const before = residentKiB();
      for (let round = 0; round < 3; round += 1) {
        const held = Array.from({ length: 256 }, () => {
          others.push(Buffer.allocUnsafeSlow(20_000).fill(1));
          return memory.allocate(${chunkBytes}).fill(1);
        });
        console.log('held', residentKiB() - before);
        held.forEach(each => memory.free(each));
        console.log('freed', residentKiB() - before);
      }
      console.log('others', others.length);
    `);
    const rounds = [...printed.matchAll(/^held (\d+)\nfreed (\d+)$/gm)];
    expect(rounds, printed).toHaveLength(3);
    for (const [, held, freed] of rounds) {
      expect(Number(held), printed).toBeGreaterThan(128 * 1024);
      expect(Number(freed), printed).toBeLessThan(48 * 1024);
    }
    expect(printed).toContain('others 768');
  });

  it('is not taken for small buffers', () => {
    const memory = new MappedMemory();
    const small = memory.allocate(1000);
    expect(isMapped(small)).toBe(false);
    expect(small).toHaveLength(1000);
  });
});

describe('memory of files', () => {
  const budget = 64 * mebibyte;

  it('is ordinary up to a quarter of the budget, and again once files have left', () => {
    const memory = new FileMemory(budget);
    const first = times(4, () => memory.allocate(4 * mebibyte));
    const next = times(2, () => memory.allocate(4 * mebibyte));
    expect([...first, ...next].map(isMapped)).toEqual([false, false, false, false, true, true]);
    memory.free(first[0]!);
    memory.leave(first[1]!);
    memory.handOver(first[2]!, 3);
    expect(times(4, () => memory.allocate(4 * mebibyte)).map(isMapped)).toEqual([false, false, false, true]);
  });

  it('is handed over with a length that nobody can change', () => {
    const memory = new FileMemory(0);
    const bytes = memory.allocate(mebibyte);
    expect(isMapped(bytes)).toBe(true);
    bytes.write('abc');
    const given = memory.handOver(bytes, 3);
    expect(Buffer.from(given).subarray(0, 3).toString()).toBe('abc');
    expect((given as ArrayBuffer & { resizable?: boolean }).resizable).toBe(false);
    expect(bytes).toHaveLength(0);
  });

  it('of a large one is ordinary in any case: it is not copied', () => {
    const memory = new FileMemory(0);
    const bytes = memory.allocate(32 * mebibyte);
    expect(isMapped(bytes)).toBe(false);
    expect(memory.handOver(bytes, 3)).toBe(bytes.buffer);
  });
});
