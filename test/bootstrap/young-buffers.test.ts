import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { fileURLToPath } from 'node:url';

const source = fileURLToPath(new URL('../../src/bootstrap/young-buffers.ts', import.meta.url));

/** Reads as a stream is read: buffers that die at once. @returns most bytes of them that were there, in MiB */
async function mostYoungMiB(budget: number, pauseMs: number): Promise<number> {
  const contents = `
    import { setTimeout as delay } from 'node:timers/promises';
    import { collectYoungBuffers } from ${JSON.stringify(source)};
    const end = collectYoungBuffers(${budget});
    let most = 0;
    for (let piece = 0; piece < 200; piece += 1) {
      Buffer.allocUnsafeSlow(256 * 1024);
      most = Math.max(most, process.memoryUsage().arrayBuffers);
      await delay(${pauseMs});
    }
    end();
    console.log(most / 2 ** 20);
  `;
  const stdin = { contents, resolveDir: '/', loader: 'ts' } as const;
  const { outputFiles } = await build({
    stdin,
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  });
  const program = ['--input-type=module', '--eval', outputFiles[0]!.text];
  const { stdout } = await promisify(execFile)(process.execPath, program);
  return Number(stdout);
}

describe('buffers that died young', () => {
  it('are collected early where the memory budget is small', async () => {
    const [small, slow, large] = await Promise.all([
      mostYoungMiB(2 ** 24, 2),
      mostYoungMiB(2 ** 24, 20),
      mostYoungMiB(2 ** 28, 2),
    ]);
    expect(small).toBeLessThan(20);
    expect(slow).toBeLessThan(20);
    expect(large).toBeGreaterThan(24);
  });
});
