import { describe, expect, it } from 'vitest';
import { findPeaks, readScan } from '../../examples/xrd-peaks/scan.js';
import { sampleFiles } from '../../src/programs/demo/sample-files/sample-files.js';

function scanNamed(name: string): string {
  return sampleFiles()
    .find(({ path }) => path.endsWith(name))!
    .bytes.toString();
}

describe('findPeaks', () => {
  it('measures the plane distances of silicon', () => {
    const peaks = findPeaks(readScan(scanNamed('silicon-standard.xy')), 50);
    // Cubic: distance = a / sqrt(h² + k² + l²), a = 5.4312 ångström, for the lines 111, 220, 311, 400, 331.
    const expected = [3, 8, 11, 16, 19].map(sum => 5.4312 / Math.sqrt(sum));
    expect(peaks.length).toBe(expected.length);
    for (const [at, { spacing }] of peaks.entries()) expect(spacing).toBeCloseTo(expected[at]!, 2);
  });

  it('finds fewer peaks the higher they must be', () => {
    const scan = readScan(scanNamed('mixture-7.xy'));
    const counts = [50, 500, 1500, 5000].map(minimumHeight => findPeaks(scan, minimumHeight).length);
    expect(counts).toEqual([16, 9, 1, 0]);
  });

  it('takes the wavelength from the header', () => {
    const text = scanNamed('silicon-standard.xy').replace('wavelength = 1.540598', 'wavelength = 0.770299');
    const [first] = findPeaks(readScan(text), 50);
    expect(first!.spacing).toBeCloseTo(5.4312 / Math.sqrt(3) / 2, 2);
  });

  it('finds nothing in an empty scan', () => {
    expect(findPeaks(readScan('# points = 0\n'), 1)).toEqual([]);
  });
});

describe('readScan', () => {
  it('names the line that is no row', () => {
    expect(() => readScan('# a = b\n20.0 17\n20.1 seventeen\n')).toThrow(
      'line 3: expected an angle and counts, found "20.1 seventeen"',
    );
  });
});
