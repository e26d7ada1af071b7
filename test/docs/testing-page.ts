import { codeBlocks, type CodeBlock } from './markdown-files.js';

const path = 'docs/testing.md';

/** docs/testing.md: a class, and a file of tests in pieces. */
export const testingPage = {
  path,
  modules(): [tested: CodeBlock, tests: CodeBlock] {
    const [tested, ...pieces] = codeBlocks(path).filter(({ language }) => language === 'ts');
    return [
      { ...tested!, fileName: 'mean-temperature.ts' },
      { path, line: 1, language: 'ts', code: atTheirLines(pieces), fileName: 'mean-temperature.test.ts' },
    ];
  },
};

/** Joins pieces so that each keeps the lines it has on the page, and errors name these. */
function atTheirLines(pieces: readonly CodeBlock[]): string {
  const lines: string[] = [];
  for (const { line, code } of pieces) {
    while (lines.length < line - 1) lines.push('');
    lines.push(...code.trimEnd().split('\n'));
  }
  return `${lines.join('\n')}\n`;
}
