import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readIni } from '../../../src/config/files/read-ini.js';

const valuesOf = (text: string): Record<string, unknown> =>
  Object.fromEntries(readIni(text).entries.map(entry => [`${entry.section}/${entry.key}`, entry.value]));

const problemsOf = (text: string): string[] =>
  readIni(text).problems.map(({ line, text: problem }) => `${line ?? '?'}: ${problem}`);

describe('an INI file', () => {
  it('holds keys with = and :, in any case, dots and all', () => {
    expect(valuesOf('[broker]\nBootstrap.Servers = a:9092,b:9092\nclient.id:lab\n')).toEqual({
      'broker/bootstrap.servers': 'a:9092,b:9092',
      'broker/client.id': 'lab',
    });
  });

  it('has comments on lines of their own only, so that a password may hold # and ;', () => {
    const text = '# first\n[broker]\n  ; indented\nsasl.password = a#b ; c\n';
    expect(valuesOf(text)).toEqual({ 'broker/sasl.password': 'a#b ; c' });
  });

  it('keeps numbers and booleans as they are written', () => {
    expect(valuesOf('[broker]\nsasl.password = 0123\nx = 1e5\ny = True\n')).toEqual({
      'broker/sasl.password': '0123',
      'broker/x': '1e5',
      'broker/y': 'True',
    });
  });

  it('continues values on deeper indented lines, over comments and empty lines', () => {
    const text = '[broker]\nbootstrap.servers = a:1,\n  b:2,\n  # the spare one\n\n  c:3\n\nclient.id = x\n';
    expect(valuesOf(text)).toEqual({
      'broker/bootstrap.servers': 'a:1,\nb:2,\n\nc:3',
      'broker/client.id': 'x',
    });
  });

  it('merges [DEFAULT] into every section, below its own keys', () => {
    const document = readIni('[DEFAULT]\nx = 1\ny = 1\n[a]\ny = 2\n[b]\n');
    expect(document.sections).toEqual(['a', 'b']);
    expect(
      document.entries.map(({ section, key, value, isInherited }) => [section, key, value, isInherited]),
    ).toEqual([
      ['a', 'x', '1', true],
      ['a', 'y', '2', false],
      ['b', 'x', '1', true],
      ['b', 'y', '1', true],
    ]);
  });

  it('writes a percent sign %%, and another key of its section %(key)s', () => {
    const text = '[DEFAULT]\nroot = /data\n[a]\npassword = 50%%\nfolder = %(root)s/%(sub)s\nsub = x%%\n';
    expect(valuesOf(text)).toMatchObject({ 'a/password': '50%', 'a/folder': '/data/x%' });
  });

  it('tells the line of each key', () => {
    expect(readIni('\r\n[a]\r\n\r\nx=1\r\n').entries[0]).toMatchObject({ key: 'x', line: 4 });
  });

  it('may begin with a byte order mark', () => {
    expect(valuesOf('\uFEFF[a]\nx=1')).toEqual({ 'a/x': '1' });
  });

  it('may hold empty values', () => {
    expect(valuesOf('[a]\nx =\ny = 2')).toEqual({ 'a/x': '', 'a/y': '2' });
  });

  it.each([
    ['x = 1\n[a]', '1: x stands before the first [section]'],
    ['[a]\nx = 1\nX: 2', '3: x stands in its section twice'],
    ['[a]\n[b]\n[a]', '3: [a] stands in the file twice'],
    ['[a]\nno delimiter here', '2: expected key = value, [section] or # comment; found no'],
    ['[a]\n= 3', '2: expected key = value, [section] or # comment; found ='],
    ['[a]\nx = 5%', '2: [a] x holds a single %; write %% for a percent sign'],
    ['[a]\nx = %(y)s', '2: [a] x refers to %(y)s, which its section does not have'],
    ['[a]\nx = %(x)s', '2: [a] x refers to itself with %( )s'],
  ])('%j is refused', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  it('gives back any one-line value whose % are doubled', () => {
    const value = fc
      .string({ unit: 'binary' })
      .map(text => text.replace(/[\p{Cc}\u2028\u2029\uFEFF]/gu, '').trim());
    fc.assert(
      fc.property(value, text => {
        expect(valuesOf(`[a]\nx = ${text.replaceAll('%', '%%')}\n`)).toEqual({ 'a/x': text });
      }),
    );
  });

  it('never fails on any text', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('[a]', 'x = 1', '  more', '# no', '%(x)s', '[DEFAULT]'),
    );
    fc.assert(
      fc.property(fc.array(line), lines => {
        expect(Array.isArray(readIni(lines.join('\n')).entries)).toBe(true);
      }),
    );
  });
});
