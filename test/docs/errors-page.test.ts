import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as errors from '../../src/errors.js';
import * as exported from '../../src/index.js';
import { readMarkdown, root } from './markdown-files.js';

/** The members of the union `ErrorCode`: a type has no values at run time. */
function declaredCodes(): string[] {
  const source = readFileSync(join(root, 'src/errors.ts'), 'utf8');
  const union = /export type ErrorCode =([^;]+);/.exec(source)![1]!;
  return [...union.matchAll(/'(ERR_\w+)'/g)].map(([, code]) => code!);
}

/** Sections of the page by their code. */
function documentedSections(): Map<string, string> {
  const sections = readMarkdown('docs/errors.md').split(/^### /m).slice(1);
  return new Map(sections.map(text => [text.split('\n', 1)[0]!, text]));
}

describe('docs/errors.md', () => {
  it('has a section for every code, and for no other', () => {
    expect(declaredCodes().length).toBeGreaterThan(10);
    expect([...documentedSections().keys()].sort()).toEqual(declaredCodes().sort());
  });

  it('names the class of every code, which can be imported from the package', () => {
    const classes = Object.values(errors).filter(
      (value): value is typeof errors.ConfigError =>
        typeof value === 'function' && value.prototype instanceof errors.ReproducerError,
    );
    const coded = classes
      .map(type => ({ name: type.name, code: codeOf(type) }))
      .filter((each): each is { name: string; code: string } => each.code !== undefined);
    expect(new Set(coded.map(({ code }) => code))).toEqual(new Set(declaredCodes()));
    expect(coded.length).toBe(declaredCodes().length);
    for (const { name, code } of coded) expect(documentedSections().get(code)).toContain(`\`${name}\``);
    const missing = coded.filter(({ name }) => !(name in exported)).map(({ name }) => name);
    expect(missing, 'not exported by src/index.ts').toEqual([]);
  });
});

/** Abstract classes have no code of their own. */
function codeOf(type: typeof errors.ConfigError): string | undefined {
  return (new type('text', {}) as { code?: string }).code;
}
