import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { liveLines } from '../../src/observe/live-lines.js';
import { progressOf } from './reports.js';

const counts = { done: 12, failed: 1, calls: ['d.xy 40 %'] };
const plain = { hasColors: false, isUnicode: true };
const whole = {
  path: 'd.xy',
  state: 'processing',
  heldChunkCount: 2,
  chunkCount: 2,
  heldBytes: 2048,
  ageMs: 900_000,
} as const;
const incomplete = {
  path: 'scans/2026-03-11/beamline-2/detector-image-00017.h5',
  state: 'assembling',
  heldChunkCount: 1,
  chunkCount: 3,
  heldBytes: 1024,
  ageMs: 4000,
} as const;
const progress = progressOf({
  openFileCount: 9,
  recordBytes: 5_000_000,
  lag: 1204,
  openFiles: [whole, incomplete],
});

/** Without the codes for colours. */
const visible = (line: string): string => stripVTControlCharacters(line);

describe('the lines at the bottom of a terminal', () => {
  it('name what is incomplete first, with a bar for each file', () => {
    expect(liveLines(progress, counts, 2_000_000, { ...plain, width: 120 })).toEqual([
      '12 files done · 1 failed · 9 open · 1.9 MiB/s · 1,204 messages behind · 4.8 MiB read · d.xy 40 %',
      '  scans/2026-03-11/beamline-2/detector-image-00017.h5 ██████░░░░░░░░░░░░░░  33 %  2 missing, 1.0 KiB, 4 s',
      '  d.xy                                                ████████████████████ 100 %  whole, 2.0 KiB, 15 min',
      '  and 7 more open files',
    ]);
  });

  it('fit a narrow terminal: the end of a path stays, whole parts are left out', () => {
    expect(liveLines(progress, counts, 2_000_000, { ...plain, isUnicode: false, width: 70 })).toEqual([
      '12 files done - 1 failed - 9 open - 1.9 MiB/s - 1,204 messages behind',
      '  …mage-00017.h5 ######..............  33 %  2 missing, 1.0 KiB, 4 s',
      '  d.xy           #################### 100 %  whole, 2.0 KiB, 15 min',
      '  and 7 more open files',
    ]);
  });

  it('say that the topic is missing, and not a connection', () => {
    const connecting = progressOf({ state: 'connecting' });
    const lacking = { ...counts, failed: 0, missingTopic: 'raw' };
    const [head] = liveLines(connecting, lacking, 0, { ...plain, width: 60 });
    expect(head).toMatch(/^topic raw does not exist: waiting for it · 12 files done/);
    const [lost] = liveLines(connecting, { ...counts, failed: 0 }, 0, { ...plain, width: 60 });
    expect(lost).toMatch(/^connecting · /);
  });

  it('say a thing about a file as a whole or not at all', () => {
    const large = { ...incomplete, chunkCount: 2_570, heldBytes: 129_000_000, ageMs: 900_000 };
    for (let width = 60; width < 120; width += 1) {
      const [, line] = liveLines({ ...progress, openFiles: [large] }, counts, 1, { ...plain, width });
      expect(line).toMatch(/ % {2}2,569 missing(, 123 MiB(, 15 min)?)?$/);
    }
  });

  it.each([20, 33, 47, 59, 60, 80, 100, 160, 300])('are never longer than %d characters', width => {
    const files = [incomplete, whole, { ...incomplete, path: 'x', heldBytes: 123_456_789_012, ageMs: 1e9 }];
    for (const hasColors of [true, false]) {
      const lines = liveLines({ ...progress, openFiles: files }, counts, 1e12, {
        hasColors,
        isUnicode: true,
        width,
      });
      expect(Math.max(...lines.map(line => visible(line).length))).toBeLessThan(width);
    }
  });

  it('have the same text with colours', () => {
    const width = 100;
    const coloured = liveLines(progress, counts, 0, { hasColors: true, isUnicode: true, width });
    expect(coloured.join('')).toContain('\u001b[31m1 failed\u001b[0m');
    expect(coloured.map(visible)).toEqual(liveLines(progress, counts, 0, { ...plain, width }));
  });

  it('let no path move the cursor', () => {
    const files = [{ ...incomplete, path: 'a\u001b[2J\r\nb' }];
    const [, line] = liveLines(progressOf({ openFiles: files }), counts, 0, { ...plain, width: 80 });
    expect(line).toMatch(/^ {2}a\?\[2J\?\?b /);
  });
});
