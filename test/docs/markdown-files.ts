import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

/** The Markdown files of the project, relative to its root. */
export const markdownFiles: readonly string[] = [
  ...readdirSync(root),
  ...['docs', 'examples'].flatMap(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(path => join(folder, path)),
  ),
].filter(path => path.endsWith('.md'));

export function readMarkdown(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** A fenced block of code. */
export interface CodeBlock {
  readonly path: string;
  /** Of its first line of code, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** Where other code of the page imports it from. */
  readonly fileName?: string;
}

export function codeBlocks(path: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { line: number; language: string; lines: string[] } | undefined;
  for (const [at, text] of readMarkdown(path).split('\n').entries()) {
    const fence = /^```(\w*)/.exec(text);
    if (fence === null) open?.lines.push(text);
    else if (open === undefined) open = { line: at + 2, language: fence[1]!, lines: [] };
    else {
      blocks.push({ path, line: open.line, language: open.language, code: `${open.lines.join('\n')}\n` });
      open = undefined;
    }
  }
  return blocks;
}
