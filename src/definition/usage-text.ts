/**
 * One mistake in the words all of them are told in: where, what was expected, what was found, what to do.
 *
 * @param where `PeakFinder.minimumHeight`, or what is meant where a text says that already: `@Processor attempts`
 */
export function usageText(where: string, expected: string, found: string, fix: string): string {
  return `${where}: ${expectedText(expected, found, fix)}`;
}

/** The same without the place. */
export function expectedText(expected: string, found: string, fix: string): string {
  return `expected ${expected}, found ${found}; ${fix}`;
}

/** A value as an error names it: short, and never the content of something large. */
export function foundText(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  switch (typeof value) {
    case 'string':
      return value.length > 60 ? `'${value.slice(0, 60)}…'` : `'${value}'`;
    case 'number':
    case 'boolean':
      return String(value);
    case 'function':
      return /^class\b/.test(String(value)) ? `the class ${value.name}` : 'a function';
    case 'object':
      return objectText(value);
    default:
      return `a ${typeof value}`;
  }
}

function objectText(value: object): string {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    if (items.length === 0) return 'an empty array';
    const types = [...new Set(items.map(item => (item === null ? 'null' : typeof item)))];
    return `an array of ${types.join(' and ')}`;
  }
  const { constructor } = value;
  return typeof constructor === 'function' && constructor !== Object ? `a ${constructor.name}` : 'an object';
}
