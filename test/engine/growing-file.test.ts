import { expect, it } from 'vitest';
import { GrowingFile } from '../../src/engine/growing-file.js';
import type { OpenFile } from '../../src/engine/open-file.js';

function fileWith(lastChunkAtMs: number, state: OpenFile['state'] = 'assembling'): OpenFile {
  return { state, lastChunkAtMs } as OpenFile;
}

it('grows for 200 ms after its last chunk, unless it is whole', () => {
  const growing = new GrowingFile();
  expect(growing.isGrowing(0)).toBe(false);
  growing.grown(fileWith(1_000));
  expect([growing.isGrowing(1_199), growing.isGrowing(1_200)]).toEqual([true, false]);
  growing.grown(fileWith(1_000, 'verifying'));
  expect(growing.isGrowing(1_000)).toBe(false);
});

it('is forgotten with the first tick after that, and not before', () => {
  const growing = new GrowingFile();
  const file = fileWith(1_000);
  growing.grown(file);
  growing.tick(1_199);
  file.lastChunkAtMs = 1_150;
  expect(growing.isGrowing(1_300)).toBe(true);
  growing.tick(1_350);
  // A chunk that came then would be told as one of a file that grows.
  file.lastChunkAtMs = 1_350;
  expect(growing.isGrowing(1_350)).toBe(false);
});
