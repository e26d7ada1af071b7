import { spawn } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const dist = fileURLToPath(new URL('../../../dist/src/', import.meta.url));
const limitMs = 50_000;

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built package's demo in a folder of its own, without a terminal. */
function runNode(args: readonly string[], cwd: string): Promise<Ended> {
  const child = spawn(process.execPath, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: limitMs,
    env: { ...process.env, REPRODUCER_ATTEMPTS: 'not a number', REPRODUCER_LIMIT: '1' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data: Buffer) => (stdout += data.toString()));
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', exitCode => resolve({ exitCode, stdout, stderr }));
  });
}

describe.concurrent('reproducer demo', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'demo-'));
  });
  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it('shows the whole path, ends by itself, and leaves nothing behind', async () => {
    const { exitCode, stdout, stderr } = await runNode([join(dist, 'cli/main.js'), 'demo'], folder);
    expect(stderr).toBe('');
    expect(exitCode, stdout).toBe(0);
    const table = stdout.slice(stdout.indexOf('   file  '), stdout.indexOf('   The angles of'));
    expect(table.trimEnd().split('\n')).toEqual([
      '   file                                  size  chunks  peaks  strongest at',
      '   ----------------------------------  ------  ------  -----  -----------------',
      '   detector/2026-03-11/rings.png       20 KiB       6      -  -',
      '   furnace/2026-03-11.csv              18 KiB       5      -  -',
      '   xrd/2026-03-11/corundum-plate.xy    56 KiB      14      9  43.35 35.14 57.50',
      '   xrd/2026-03-11/mixture-7.xy         56 KiB      14     16  26.64 43.36 35.14',
      '   xrd/2026-03-11/quartz-sand.xy       56 KiB      14      8  26.64 20.86 50.14',
      '   xrd/2026-03-11/silicon-standard.xy  56 KiB      14      5  28.44 47.30 56.12',
    ]);
    const offsets = [...stdout.matchAll(/partition \d: offset (\d+) of (\d+)/g)];
    expect(offsets.length).toBe(4);
    for (const [, committed, end] of offsets) expect(committed).toBe(end);
    for (const code of ['\u001b', '\r']) expect(stdout).not.toContain(code);
    expect(await readdir(folder)).toEqual([]);
  });

  it('fits into a narrow terminal', async () => {
    const script = `
      const { runDemo } = await import(${JSON.stringify(new URL('programs/demo/run-demo.js', `file://${dist}`).href)});
      process.exitCode = await runDemo({ output: { columns: 48, write: text => process.stdout.write(text) } });
    `;
    const { exitCode, stdout } = await runNode(['--input-type=module', '-e', script], folder);
    expect(exitCode, stdout).toBe(0);
    const tooLong = stdout.split('\n').filter(line => line.length > 48);
    expect(tooLong).toEqual([]);
  });
});
