import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import v8 from 'node:v8';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { letSmallHeapsGrow } from '../../src/bootstrap/heap-growth.js';

const mebibyte = 1024 * 1024;
const grown = '--heap-growing-percent=600';
const ofItself = '--heap-growing-percent=0';
const budget = 192 * mebibyte;
let heapBytes: number;
let flags: string[];

beforeEach(() => {
  vi.useFakeTimers();
  heapBytes = 10 * mebibyte;
  flags = [];
  vi.spyOn(v8, 'setFlagsFromString').mockImplementation(flag => void flags.push(flag));
  const statistics = v8.getHeapStatistics();
  vi.spyOn(v8, 'getHeapStatistics').mockImplementation(() => ({ ...statistics, used_heap_size: heapBytes }));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the room that heaps get before a full collection', () => {
  it('is larger while the heap is small, and V8 decides when it is not', () => {
    const undo = letSmallHeapsGrow(budget);
    expect(flags).toEqual([grown]);
    vi.advanceTimersByTime(5_000);
    expect(flags).toEqual([grown]);
    heapBytes = 64 * mebibyte;
    vi.advanceTimersByTime(1_000);
    expect(flags).toEqual([grown, ofItself]);
    heapBytes = 63 * mebibyte;
    vi.advanceTimersByTime(1_000);
    expect(flags).toEqual([grown, ofItself, grown]);
    undo();
  });

  it('is left to V8 again at the end', () => {
    letSmallHeapsGrow(budget)();
    vi.advanceTimersByTime(5_000);
    expect(flags).toEqual([grown, ofItself]);
  });

  it.each(['--heap-growing-percent=80', '--heap_growing_percent=80'])('follows %s', argument => {
    vi.spyOn(process, 'execArgv', 'get').mockReturnValue([argument]);
    letSmallHeapsGrow(budget)();
    expect(flags).toEqual([]);
  });

  it('is not asked for where the memory budget is small', () => {
    letSmallHeapsGrow(budget - 1)();
    expect(flags).toEqual([]);
  });

  it('is a setting that this V8 knows', async () => {
    const code = `require('node:v8').setFlagsFromString('${grown}')`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['-e', code]);
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  });
});
