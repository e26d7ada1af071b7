import { noise, seededRandom } from './seeded-random.js';

/** What a powder diffractometer measured. */
export interface XrdScan {
  readonly sample: string;
  readonly operator: string;
  /** ISO text without zone, as the instrument's clock shows it. */
  readonly measuredAt: string;
  /** Substances in the sample, with their share of the intensity. */
  readonly phases: readonly { readonly phase: Phase; readonly share: number }[];
  /** Makes the noise; the same seed gives the same file. */
  readonly seed: number;
}

/** Angle 2theta in degrees for Cu K-alpha1 radiation, and intensity relative to the strongest line (100). */
type Line = readonly [twoTheta: number, intensity: number];

/**
 * Strong lines of three substances that labs measure to check their instrument: silicon, quartz, corundum. From their
 * lattice constants (a = 5.4312; a = 4.9134, c = 5.4052; a = 4.7592, c = 12.9920, in ångström).
 */
const phaseLines = {
  silicon: [
    [28.441, 100],
    [47.3, 55],
    [56.119, 30],
    [69.125, 6],
    [76.37, 11],
  ],
  quartz: [
    [20.86, 21],
    [26.639, 100],
    [36.543, 9],
    [39.464, 8],
    [42.448, 6],
    [50.136, 13],
    [59.956, 9],
    [68.143, 8],
  ],
  corundum: [
    [25.576, 68],
    [35.149, 94],
    [37.774, 41],
    [43.351, 100],
    [52.547, 46],
    [57.497, 92],
    [66.515, 35],
    [68.207, 54],
    [76.865, 16],
  ],
} as const satisfies Record<string, readonly Line[]>;

export type Phase = keyof typeof phaseLines;

const first = 20;
const last = 80;
const step = 0.02;
/** Counts above the background of a line with intensity 100. */
const strongestCounts = 4200;
/** Full width at half maximum, degrees. */
const lineWidth = 0.16;

/**
 * Writes the scan as instruments export it: `key = value` header lines, then two columns, angle in degrees and counts.
 * Byte for byte the same for the same input. About 55 kB.
 */
export function xrdScan(scan: XrdScan): string {
  const random = seededRandom(scan.seed);
  const pointCount = Math.round((last - first) / step) + 1;
  const lines = scan.phases.flatMap(({ phase, share }) =>
    phaseLines[phase].map(([twoTheta, intensity]): Line => [twoTheta, intensity * share]),
  );
  const rows: string[] = [];
  for (let point = 0; point < pointCount; point++) {
    const twoTheta = first + point * step;
    const expected = background(twoTheta) + countsOf(lines, twoTheta);
    const counts = Math.max(0, Math.round(expected + noise(random) * Math.sqrt(expected)));
    rows.push(`${twoTheta.toFixed(3).padStart(9)}${String(counts).padStart(9)}`);
  }
  return [...header(scan, pointCount), ...rows, ''].join('\n');
}

function header(scan: XrdScan, pointCount: number): string[] {
  return [
    '# powder diffraction scan',
    `# sample = ${scan.sample}`,
    `# operator = ${scan.operator}`,
    `# measured = ${scan.measuredAt}`,
    '# anode = Cu',
    '# wavelength = 1.540598',
    '# generator = 40 kV, 30 mA',
    `# range = ${first.toFixed(3)} ${last.toFixed(3)} ${step.toFixed(3)}`,
    '# time per step = 0.5 s',
    `# points = ${pointCount}`,
    '# columns = 2theta(deg) counts',
  ];
}

/** Air scatter at low angles, falling off. */
function background(twoTheta: number): number {
  return 60 + 1600 / twoTheta;
}

/** Half Gauss, half Lorentz, as lines of a laboratory diffractometer are shaped. */
function countsOf(lines: readonly Line[], twoTheta: number): number {
  let counts = 0;
  for (const [center, intensity] of lines) {
    const distance = ((twoTheta - center) / lineWidth) * 2;
    const squared = distance * distance;
    const shape = 0.5 * Math.exp(-Math.LN2 * squared) + 0.5 / (1 + squared);
    counts += (intensity / 100) * strongestCounts * shape;
  }
  return counts;
}
