import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseMatch } from '../../../src/config/values/parse-match.js';
import { translatePythonRegExp } from '../../../src/config/values/python-regexp.js';

/** Which of the paths Python 3's `re.match` accepts for each pattern, recorded from it. */
const recorded = JSON.parse(readFileSync(new URL('python-regexp.json', import.meta.url), 'utf8')) as {
  paths: string[];
  patterns: { pattern: string; matching: string[] }[];
};

describe('a Python regular expression', () => {
  it.each(recorded.patterns)('$pattern matches the paths that Python matches', ({ pattern, matching }) => {
    const translated = parseMatch(translatePythonRegExp(pattern));
    expect(recorded.paths.filter(path => translated.test(path))).toEqual(matching);
  });

  it.each([
    ['(?x)a', '(?x)'],
    ['(?m)a', '(?m)'],
    ['a*+', '*+'],
    ['a{2}+', '{2}+'],
    ['(?>a)', '(?>a'],
    ['(a)?(?(1)b|c)', '(?(1'],
    ['(?i:a)b', '(?i:a'],
    ['[\\W]', '\\W between brackets'],
    ['\\q', '\\q'],
    ['\\N{BULLET}', '\\N'],
  ])('%s is refused, because %s has no counterpart', (pattern, construct) => {
    expect(() => translatePythonRegExp(pattern)).toThrow(
      `holds ${construct}, which is Python's regular expression syntax and has no counterpart here; write it as --match instead`,
    );
  });

  it.each([
    ['(a', 'is not a regular expression: Invalid regular expression: /^(?:(a)/u: Unterminated group'],
    ['[a', 'is not a regular expression: a [ is never closed'],
    ['a\\', 'must not end with a backslash'],
  ])('%s is no expression in Python either', (pattern, message) => {
    expect(() => translatePythonRegExp(pattern)).toThrow(message);
  });
});
