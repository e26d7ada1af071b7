import { build, transformSync } from 'esbuild';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const fixtures = join(root, 'test/fixtures/dialects');

/** Where a copy of the package has what fixtures import. */
export const packageEntry = 'package/test/fixtures/dialects/package-entry.js';

/** Makes a folder into a place where compiled fixtures run. */
export function prepareFolder(folder: string): void {
  mkdirSync(join(folder, 'node_modules'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  symlinkSync(join(root, 'node_modules/reflect-metadata'), join(folder, 'node_modules/reflect-metadata'));
}

/** Compiles the decorators and what they need into `folder/package`, and gives the copy reflect-metadata of its own if asked. */
export async function buildPackage(folder: string, withOwnReflectMetadata = false): Promise<void> {
  const output = join(folder, 'package');
  const sources = ['decorators', 'src/definition', 'src/processing', 'src/wire'].flatMap(part =>
    sourcesOf(join(root, part)),
  );
  await build({
    entryPoints: [...sources, join(root, 'src/errors.ts'), join(fixtures, 'package-entry.ts')],
    outdir: output,
    outbase: root,
    format: 'esm',
    platform: 'node',
  });
  if (!withOwnReflectMetadata) return;
  const from = join(root, 'node_modules/reflect-metadata');
  cpSync(from, join(output, 'node_modules/reflect-metadata'), { recursive: true });
}

function sourcesOf(folder: string): string[] {
  return ts.sys.readDirectory(folder, ['.ts']);
}

/** A folder for one dialect: its fixtures import the package that lies beside it. */
function dialectFolder(folder: string, dialect: string): string {
  const output = join(folder, dialect);
  mkdirSync(output, { recursive: true });
  writeFileSync(join(output, 'package-entry.js'), `export * from '../${packageEntry}';\n`);
  return output;
}

export interface TypeScriptOutput {
  readonly folder: string;
  /** Of the files with types: lines that the compiler refuses, and lines that say that it must. */
  readonly lines: Readonly<Record<string, { readonly refused: number[]; readonly marked: number[] }>>;
  /** Everything else the compiler said. */
  readonly otherProblems: readonly string[];
}

/** Compiles the fixtures with the real compiler and its type checker, with the settings of this project but for the dialect. */
export function compileWithTypeScript(
  folder: string,
  dialect: string,
  experimentalDecorators: boolean,
  typeFiles: readonly string[],
): TypeScriptOutput {
  const output = dialectFolder(folder, dialect);
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile.bind(ts.sys));
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const names = ['scenario.ts', 'print.ts', ...typeFiles];
  const program = ts.createProgram(
    names.map(name => join(fixtures, name)),
    {
      ...options,
      experimentalDecorators,
      sourceMap: false,
      declaration: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
  );
  for (const name of ['scenario.ts', 'print.ts']) {
    program.emit(program.getSourceFile(join(fixtures, name)), (path, text) => {
      writeFileSync(join(output, basename(path)), text);
    });
  }
  const refused = new Map(typeFiles.map(name => [name, new Set<number>()]));
  const otherProblems: string[] = [];
  for (const { file, start, messageText } of ts.getPreEmitDiagnostics(program)) {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1;
    const lines = file === undefined ? undefined : refused.get(basename(file.fileName));
    if (lines !== undefined) lines.add(line);
    else {
      const where = file === undefined ? '' : relative(root, file.fileName);
      otherProblems.push(`${where}:${line} ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
    }
  }
  const lines = Object.fromEntries(
    [...refused].map(([name, found]) => [
      name,
      { refused: [...found].sort((a, b) => a - b), marked: markedLines(name) },
    ]),
  );
  return { folder: output, lines, otherProblems };
}

function markedLines(name: string): number[] {
  const text = readFileSync(join(fixtures, name), 'utf8');
  return text.split('\n').flatMap((line, index) => (line.endsWith('// refused') ? [index + 1] : []));
}

/** Transforms fixtures file by file, without knowing types. */
export function compileWithEsbuild(
  folder: string,
  dialect: string,
  names: readonly string[],
  experimentalDecorators: boolean,
): string {
  const output = dialectFolder(folder, dialect);
  for (const name of names) {
    const { code } = transformSync(readFileSync(join(fixtures, name), 'utf8'), {
      loader: 'ts',
      target: 'node20',
      tsconfigRaw: { compilerOptions: { experimentalDecorators, useDefineForClassFields: true } },
    });
    writeFileSync(join(output, name.replace(/ts$/, 'js')), code);
  }
  return output;
}

/** Copies the sources, for a runtime that compiles by itself as the folder's tsconfig.json says. */
export function copySources(folder: string, dialect: string, tsconfig: object | undefined): string {
  const output = dialectFolder(folder, dialect);
  for (const name of ['scenario.ts', 'print.ts']) cpSync(join(fixtures, name), join(output, name));
  if (tsconfig !== undefined) writeFileSync(join(output, 'tsconfig.json'), JSON.stringify(tsconfig));
  return output;
}

const execute = promisify(execFile);

/** Runs a file in its folder and parses what it prints. */
export async function runFixture(
  folder: string,
  name: string,
  nodeArguments: string[] = [],
): Promise<unknown> {
  const { stdout } = await execute(process.execPath, [...nodeArguments, name], { cwd: folder });
  return JSON.parse(stdout) as unknown;
}

/** Node's arguments that let it run TypeScript by tsx, from any folder. */
export const withTsx = ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href];
