import { expect, it } from 'vitest';
import { DiskUse } from '../../src/engine/disk-use.js';
import { HeldMemory } from '../../src/engine/held-memory.js';
import type { OpenFile } from '../../src/engine/open-file.js';

it('what is read again has room while a quarter of the budget or less is on its way to disk', () => {
  const memory = new HeldMemory(100, new DiskUse(Infinity));
  memory.writing(1, 25);
  expect(memory.hasRoomToReadAgain).toBe(true);
  memory.writing(2, 1);
  expect(memory.hasRoomToReadAgain).toBe(false);
  memory.written(1, 25);
  expect(memory.hasRoomToReadAgain).toBe(true);
});

it('what is read again has room beside files in memory until the budget is used up', () => {
  const memory = new HeldMemory(100, new DiskUse(Infinity));
  const version = { memoryBytes: 100, diskBytes: 0 };
  const file = { state: 'assembling', version } as unknown as OpenFile;
  memory.recount(file);
  expect(memory.hasRoomToReadAgain).toBe(true);
  version.memoryBytes = 101;
  memory.recount(file);
  expect(memory.hasRoomToReadAgain).toBe(false);
});
