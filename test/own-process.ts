import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

/**
 * Runs a program in a process of its own, where nothing else takes memory.
 *
 * @param source TypeScript, a module; its imports are paths or packages
 * @returns what it printed
 */
export async function runAlone(source: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: source, resolveDir: fileURLToPath(new URL('.', import.meta.url)), loader: 'ts' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  });
  const program = ['--input-type=module', '--eval', outputFiles[0]!.text];
  const { stdout } = await promisify(execFile)(process.execPath, program);
  return stdout;
}
