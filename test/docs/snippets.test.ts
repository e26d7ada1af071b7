import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { loadConfigFile } from '../../src/config/files/load-config-file.js';
import { codeBlocks, markdownFiles, root, type CodeBlock } from './markdown-files.js';
import { testingPage } from './testing-page.js';

/** The pieces of docs/testing.md make one module together. */
const blocks = markdownFiles.flatMap(path => [
  ...(path === testingPage.path ? testingPage.modules() : codeBlocks(path)),
]);
const ofLanguage = (language: string): CodeBlock[] => blocks.filter(block => block.language === language);

/** Type-checks all blocks at once, as modules that lie in the project's root; what they import is the built package. */
function problemsOf(snippets: readonly CodeBlock[]): string[] {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), path => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const files = new Map(
    snippets.map(
      (snippet, number) => [join(root, snippet.fileName ?? `snippet-${number}.ts`), snippet] as const,
    ),
  );
  const host = ts.createCompilerHost(options);
  host.readFile = path => files.get(path)?.code ?? ts.sys.readFile(path);
  host.fileExists = path => files.has(path) || ts.sys.fileExists(path);
  const program = ts.createProgram(
    [...files.keys()],
    { ...options, noEmit: true, noUnusedLocals: false, noUnusedParameters: false },
    host,
  );
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const snippet = file === undefined ? undefined : files.get(file.fileName);
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line;
    const place = snippet === undefined ? (file?.fileName ?? '') : `${snippet.path}:${snippet.line + line}`;
    return `${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

/** Seconds of computing, which a busy machine makes many. */
const compilingMs = 120_000;

/** Shows that the check below could fail. */
const wrong: CodeBlock = {
  path: 'wrong.md',
  line: 7,
  language: 'ts',
  code: "import { Processr } from 'kafka-reproducer';",
};

describe('code in the documents', () => {
  it(
    'in TypeScript passes the type checker, and a mistake would not',
    () => {
      expect(ofLanguage('ts').length).toBeGreaterThan(5);
      expect(problemsOf([...ofLanguage('ts'), wrong])).toEqual([
        expect.stringMatching(/^wrong\.md:7: .*'Processr'/),
      ]);
    },
    compilingMs,
  );

  it('in JSON can be parsed', () => {
    for (const { code } of ofLanguage('json')) expect(() => JSON.parse(code) as unknown).not.toThrow();
  });

  it('in INI and YAML, shown as the same configuration, means the same', () => {
    const [ini, yaml] = ['ini', 'yaml'].map(format => {
      const [block, ...others] = codeBlocks('docs/configuration.md').filter(
        ({ language }) => language === format,
      );
      expect(others).toEqual([]);
      const { entries, problems } = loadConfigFile(`lab.${format}`, {
        cwd: '/',
        env: {},
        readFile: () => block!.code,
      });
      expect(problems).toEqual([]);
      return entries.map(({ section, key, value }) => `${section} ${key} ${String(value)}`).sort();
    });
    expect(ini!.length).toBeGreaterThan(5);
    expect(ini).toEqual(yaml);
  });
});
