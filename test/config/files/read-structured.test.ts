import { describe, expect, it } from 'vitest';
import type { ReadDocument } from '../../../src/config/files/config-document.js';
import { readJson, readToml, readYaml } from '../../../src/config/files/read-structured.js';

const valuesOf = (document: ReadDocument): Record<string, unknown> =>
  Object.fromEntries(document.entries.map(entry => [`${entry.section}/${entry.key}`, entry.value]));

const problemsOf = (document: ReadDocument): string[] =>
  document.problems.map(({ line, text }) => (line === undefined ? text : `${line}: ${text}`));

describe('a YAML file', () => {
  it('has sections, and our own options at the top', () => {
    const document = readYaml(
      'limit: 5\nbroker:\n  Bootstrap.Servers: [a:1, b:2]\nPeakFinder:\n  smooth: no\n',
    );
    expect(valuesOf(document)).toEqual({
      'reproducer/limit': '5',
      'broker/bootstrap.servers': ['a:1', 'b:2'],
      'PeakFinder/smooth': 'no',
    });
    expect(document.entries[1]).toMatchObject({ line: 3 });
  });

  it('keeps a password of digits', () => {
    expect(valuesOf(readYaml('broker:\n  sasl.password: 0123\n'))).toEqual({
      'broker/sasl.password': '0123',
    });
  });

  it('may nest the dotted names', () => {
    const document = readYaml('broker:\n  sasl:\n    username: me\n');
    expect(valuesOf(document)).toEqual({ 'broker/sasl.username': 'me' });
  });

  it('follows anchors', () => {
    expect(valuesOf(readYaml('a: &x 1\nb: *x\n'))).toEqual({ 'reproducer/a': '1', 'reproducer/b': '1' });
  });

  it('has no value where nothing or null stands', () => {
    expect(valuesOf(readYaml('a:\nb: ~\nc: null\nd: "null"\n'))).toEqual({ 'reproducer/d': 'null' });
  });

  it('may be empty', () => {
    expect(readYaml('# nothing\n')).toEqual({ sections: [], entries: [], problems: [] });
  });

  it.each([
    ['- a', '1: expected sections with keys'],
    ['a: 1\na: 2', '2: Map keys must be unique'],
    ['a: [[1]]', '1: a must be a text, number, boolean or list of them; found a list of lists or maps'],
  ])('%j is refused', (text, problem) => {
    expect(problemsOf(readYaml(text))).toEqual([problem]);
  });
});

describe('a JSON file', () => {
  it('keeps numbers as they are written', () => {
    const document = readJson('{\n\t"limit": 5,\n\t"broker": {"sasl.password": 12345678901234567890}\n}');
    expect(valuesOf(document)).toEqual({
      'reproducer/limit': '5',
      'broker/sasl.password': '12345678901234567890',
    });
    expect(document.entries[1]).toMatchObject({ line: 3 });
  });

  it('must be JSON, and its error does not quote it', () => {
    const [problem] = problemsOf(readJson('{"sasl.password": secret}'));
    expect(problem).toMatch(/^is not JSON: /);
    expect(problem).not.toContain('secret');
  });
});

describe('a TOML file', () => {
  it('has tables for sections, and dotted keys', () => {
    const text =
      'limit = 5\n[broker]\nbootstrap.servers = "a:1"\n"client.id" = "lab"\n[PeakFinder]\ntags = [1, "b"]\n';
    expect(valuesOf(readToml(text))).toEqual({
      'reproducer/limit': '5',
      'broker/bootstrap.servers': 'a:1',
      'broker/client.id': 'lab',
      'PeakFinder/tags': ['1', 'b'],
    });
  });

  it.each([
    ['a = 1\na = 2', '2: is not TOML: trying to redefine an already defined table or value'],
    ['a = 2024-01-01', 'a must be a text, number, boolean or list of them; found a date; put it in quotes'],
    ['a = [[1]]', 'a must be a text, number, boolean or list of them; found a list of lists or tables'],
  ])('%j is refused', (text, problem) => {
    expect(problemsOf(readToml(text))).toEqual([problem]);
  });
});
