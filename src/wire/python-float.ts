/** Shared by all copies of the package in a process, so that each recognises what the others made. */
const brand = Symbol.for('kafka-reproducer.PythonFloat');

/** A number that Python would hold as `float`; made by `pythonFloat`. */
export class PythonFloat {
  readonly [brand] = true;
  constructor(readonly value: number) {}
}

export function isPythonFloat(value: unknown): value is PythonFloat {
  return typeof value === 'object' && value !== null && brand in value;
}

/**
 * Marks a number as a float, so that `pythonJson` writes it as Python writes one: `pythonFloat(1)` becomes
 * `1.0`. Without it a whole number becomes `1`, because JavaScript cannot tell the two apart.
 */
export function pythonFloat(value: number): PythonFloat {
  return new PythonFloat(value);
}

/**
 * Python's `repr` of a float: the shortest digits that give the same number (JavaScript chooses the same
 * digits), with an exponent below 1e-4 and from 1e16 on, and never without `.` or an exponent.
 */
export function pythonFloatText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa, exponentText] = value.toExponential().split('e') as [string, string];
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= 16) {
    const sign = exponent < 0 ? '-' : '+';
    return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  // Between 1e-6 and 1e21 JavaScript writes no exponent.
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}
