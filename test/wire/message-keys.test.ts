import { describe, expect, it } from 'vitest';
import { chunkKey, resultKey } from '../../src/wire/message-keys.js';

describe('chunkKey', () => {
  it.each([
    ['', 'f.txt', 1, 3, '_f.txt_chunk_1_of_3'],
    ['a', 'f.txt', 12, 12, 'a_f.txt_chunk_12_of_12'],
    ['a/b', 'f.txt', 2, 2, 'a_b_f.txt_chunk_2_of_2'],
    ['s/t', 'a.txt', 1, 1, 's_t_a.txt_chunk_1_of_1'],
  ])('of %s, %s, %d of %d is %s', (subdirectory, filename, index, count, key) => {
    expect(chunkKey(subdirectory, filename, index, count)).toBe(key);
  });
});

describe('resultKey', () => {
  it.each([
    ['', 'flat.txt', '_flat.txt_chunk_processing_result'],
    ['a/b', 'nested.dat', 'a_b_nested.dat_chunk_processing_result'],
    ['x', 'app_v2.dat', 'x_app_v2.dat_chunk_processing_result'],
  ])('of %s and %s is %s', (subdirectory, filename, key) => {
    expect(resultKey(subdirectory, filename)).toBe(key);
  });
});
