import { describe, expect, it } from 'vitest';
import { BrokerError } from '../../src/errors.js';
import type { LineWriter } from '../../src/observe/line-writer.js';
import { linesAbove } from '../../src/programs/program-log.js';

describe('the log of a program on a terminal', () => {
  it('is made of texts alone, but for errors, above the line that changes', () => {
    const told: unknown[] = [];
    const tell = (...line: readonly unknown[]): number => told.push(line);
    const writer: LineWriter = { trace: tell, debug: tell, info: tell, warn: tell, error: tell, fatal: tell };
    const lines = linesAbove({ status: text => told.push(`status ${text}`) }, writer);
    const err = new RangeError('no room');

    lines.info({ sentCount: 3 }, '3 files uploaded');
    lines.fatal({ err, topic: 'files' }, 'failed');
    // Its text says all of it.
    lines.warn({ err: new BrokerError('away', { retriable: true, isCauseTold: true }) }, 'away; tried again');

    expect(told).toEqual([
      ...['status ', [{}, '3 files uploaded']],
      ...['status ', [{ err }, 'failed']],
      ...['status ', [{}, 'away; tried again']],
    ]);
  });
});
