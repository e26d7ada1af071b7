import { pythonFloat, type PythonFloat } from 'kafka-reproducer';

/** What stands above the points of a scan, and how many points there are. */
export interface Measurement {
  /** `Anode material` becomes `anode_material`; numbers are numbers. */
  readonly conditions: Readonly<Record<string, string | number | PythonFloat>>;
  readonly n_points: number;
}

/**
 * Reads an exported scan: sections in brackets, in the first of them rows of a name and a value, in the last one the points.
 *
 * @throws {Error} there are no conditions, or no points
 */
export function readMeasurement(text: string): Measurement {
  const conditions: Record<string, string | number | PythonFloat> = {};
  let section = '';
  let rowCount = 0;
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    if (line.trim() === '') continue;
    const heading = /^\[(.+)\]$/.exec(line.trim())?.[1];
    if (heading !== undefined) section = heading;
    else if (section === 'Measurement conditions') addCondition(conditions, line);
    else if (section === 'Scan points') rowCount += 1;
  }
  if (Object.keys(conditions).length === 0) throw new Error('there is no section [Measurement conditions]');
  // The first row names the columns.
  if (rowCount < 2) throw new Error('there are no points below [Scan points]');
  return { conditions, n_points: rowCount - 1 };
}

function addCondition(conditions: Record<string, string | number | PythonFloat>, line: string): void {
  const comma = line.indexOf(',');
  const name = (comma < 0 ? line : line.slice(0, comma)).trim();
  const value = comma < 0 ? '' : line.slice(comma + 1).trim();
  const key = name.toLowerCase().replace(/\W+/g, '_').replace(/^_|_$/g, '');
  conditions[key] = valueOf(value);
}

/** `1.0` stays a number with a point, as a reader in Python expects it; `40` stays a whole one. */
function valueOf(text: string): string | number | PythonFloat {
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  if (/^-?\d+\.\d*(e[+-]?\d+)?$/i.test(text)) return pythonFloat(Number(text));
  return text.replace(/^"(.*)"$/, '$1').replaceAll('""', '"');
}
