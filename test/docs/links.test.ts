import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { markdownFiles, readMarkdown, root } from './markdown-files.js';

/** Links outside of code. */
function linksIn(path: string): string[] {
  const prose = readMarkdown(path)
    .replaceAll(/^```[\s\S]*?^```/gm, '')
    .replaceAll(/`[^`\n]*`/g, 'code');
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!);
}

/** GitHub's rule for the anchor of a heading. */
function anchorsOf(path: string): string[] {
  return [...readMarkdown(path).matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('links between pages', () => {
  it('are many enough that the search for them works', () => {
    expect(markdownFiles).toContain('README.md');
    expect(linksIn('README.md').length).toBeGreaterThan(3);
  });

  it.each(markdownFiles)('of %s lead somewhere', path => {
    for (const link of linksIn(path)) {
      if (/^https?:/.test(link)) continue;
      const [file, anchor] = link.split('#') as [string, string?];
      const target = file === '' ? path : join(dirname(path), file);
      expect(existsSync(join(root, target)), `${path}: ${link}`).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(target), `${path}: ${link}`).toContain(anchor);
    }
  });
});
