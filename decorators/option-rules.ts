/** What one key of a decorator's options may hold. */
export interface OptionRule {
  /** Completes `expected …`. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  /** An example to write instead. */
  readonly example: string;
}

/** Exactly the keys of the options type, so that the compiler tells when one is missing. */
export type OptionRules<T extends object> = Readonly<Record<keyof T & string, OptionRule>>;

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isText);

export function text(example: string): OptionRule {
  return { expected: 'a text that is not empty', accepts: isText, example: `'${example}'` };
}

export function texts(example: string): OptionRule {
  return {
    expected: 'an array of texts, each once',
    accepts: value => isTexts(value) && new Set(value as string[]).size === (value as string[]).length,
    example,
  };
}

export function textOrTexts(example: string): OptionRule {
  const accepts = (value: unknown): boolean => isText(value) || isTexts(value);
  return { expected: 'a text or an array of texts', accepts, example: `'${example}'` };
}

export function oneOf(...values: readonly [string, ...string[]]): OptionRule {
  const accepts = (value: unknown): boolean => typeof value === 'string' && values.includes(value);
  const expected = `one of ${values.map(value => `'${value}'`).join(', ')}`;
  return { expected, accepts, example: `'${values[0]}'` };
}

export const yesOrNo: OptionRule = {
  expected: 'true or false',
  accepts: value => typeof value === 'boolean',
  example: 'true',
};

export const count: OptionRule = {
  expected: 'a whole number from 1',
  accepts: value => Number.isSafeInteger(value) && Number(value) >= 1,
  example: '4',
};

export const countOrNone: OptionRule = {
  expected: 'a whole number from 0',
  accepts: value => Number.isSafeInteger(value) && Number(value) >= 0,
  example: '3',
};

/** @param least smallest number of milliseconds */
export function milliseconds(least: 0 | 1): OptionRule {
  return {
    expected: `milliseconds from ${least}`,
    accepts: value => isNumberFrom(least, value),
    example: '30_000',
  };
}

/** The unit of a text is checked with the rest of the configuration, at start. */
export const duration: OptionRule = {
  expected: 'milliseconds or a text with a unit',
  accepts: value => isNumberFrom(0, value) || isText(value),
  example: "'30s'",
};

export const byteSize: OptionRule = {
  expected: 'a number of bytes or a text with a unit',
  accepts: value => isNumberFrom(1, value) || isText(value),
  example: "'256MiB'",
};

export const filePattern: OptionRule = {
  expected: 'a glob or a RegExp',
  accepts: value => isText(value) || value instanceof RegExp,
  example: "'**/*.csv'",
};

export function functionOf(expected: string, example: string): OptionRule {
  return { expected, accepts: value => typeof value === 'function', example };
}

function isNumberFrom(least: number, value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= least;
}
