/** A powder diffraction scan as it stands in the file. */
export interface Scan {
  /** What the header says about it, by lower-case name. */
  readonly header: ReadonlyMap<string, string>;
  readonly points: readonly ScanPoint[];
}

export interface ScanPoint {
  /** Degrees. */
  readonly twoTheta: number;
  readonly counts: number;
}

export interface Peak {
  /** Position in degrees. */
  readonly twoTheta: number;
  /** Distance of the lattice planes in ångström. */
  readonly spacing: number;
  /** Counts above the background. */
  readonly height: number;
}

/**
 * Reads `# name = value` header lines and rows of two numbers.
 * @throws {Error} a line is neither
 */
export function readScan(text: string): Scan {
  const header = new Map<string, string>();
  const points: ScanPoint[] = [];
  for (const [number, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    if (line.startsWith('#')) {
      const [name, value] = line.slice(1).split('=', 2);
      if (value !== undefined) header.set(name!.trim().toLowerCase(), value.trim());
      continue;
    }
    const [twoTheta, counts, ...rest] = line.trim().split(/\s+/).map(Number);
    if (!Number.isFinite(twoTheta) || !Number.isFinite(counts) || rest.length > 0)
      throw new Error(`line ${number + 1}: expected an angle and counts, found ${JSON.stringify(line)}`);
    points.push({ twoTheta: twoTheta!, counts: counts! });
  }
  return { header, points };
}

/**
 * Finds the peaks that rise at least `minimumHeight` counts above the background, from low to high angle.
 *
 * The counts are averaged over 5 points against the noise; the background is the median of the 3 degrees around a point,
 * which narrow lines do not move.
 */
export function findPeaks({ points, header }: Scan, minimumHeight: number): Peak[] {
  const wavelength = Number(header.get('wavelength') ?? 1.540598);
  const smooth = points.map((_, at) => mean(around(points, at, 2).map(({ counts }) => counts)));
  const heights = smooth.map((value, at) => value - median(around(smooth, at, 75)));
  const peaks: Peak[] = [];
  for (const [at, height] of heights.entries()) {
    const isHighest = height >= Math.max(...around(heights, at, 12));
    const wasSeen = heights.slice(Math.max(0, at - 12), at).includes(height);
    if (height < minimumHeight || !isHighest || wasSeen) continue;
    const twoTheta = center(points, heights, at);
    const spacing = wavelength / (2 * Math.sin((twoTheta * Math.PI) / 360));
    peaks.push({ twoTheta: rounded(twoTheta, 2), spacing: rounded(spacing, 3), height: Math.round(height) });
  }
  return peaks;
}

/** The middle of the peak's upper part, which is finer than the step between two points. */
function center(points: readonly ScanPoint[], heights: readonly number[], at: number): number {
  let weight = 0;
  let sum = 0;
  for (let near = Math.max(0, at - 5); near <= Math.min(points.length - 1, at + 5); near++) {
    const height = Math.max(0, heights[near]!);
    weight += height;
    sum += height * points[near]!.twoTheta;
  }
  return sum / weight;
}

/** The items from `reach` before to `reach` after a place, as far as there are any. */
function around<T>(items: readonly T[], at: number, reach: number): readonly T[] {
  return items.slice(Math.max(0, at - reach), at + reach + 1);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function median(values: readonly number[]): number {
  return [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)]!;
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
