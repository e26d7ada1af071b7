import { describe, expect, it } from 'vitest';
import { runAlone } from '../own-process.js';

/** Reads as a stream is read: buffers that die at once. @returns most bytes of them that were there, in MiB */
async function mostYoungMiB(budget: number, pauseMs: number): Promise<number> {
  const printed = await runAlone(`
    import { setTimeout as delay } from 'node:timers/promises';
    import { collectYoungBuffers } from '../src/bootstrap/young-buffers.js';
    const end = collectYoungBuffers(${budget});
    let most = 0;
    for (let piece = 0; piece < 200; piece += 1) {
      Buffer.allocUnsafeSlow(256 * 1024);
      most = Math.max(most, process.memoryUsage().arrayBuffers);
      await delay(${pauseMs});
    }
    end();
    console.log(most / 2 ** 20);
  `);
  return Number(printed);
}

/** The same of buffers that another thread hands over. */
async function mostReceivedMiB(budget: number): Promise<number> {
  const printed = await runAlone(`
    import { once } from 'node:events';
    import { Worker } from 'node:worker_threads';
    import { collectYoungBuffers } from '../src/bootstrap/young-buffers.js';
    const end = collectYoungBuffers(${budget});
    const before = process.memoryUsage().external;
    let most = 0;
    const code = \`
      import { parentPort } from 'node:worker_threads';
      let left = 200;
      const timer = setInterval(() => {
        const piece = new ArrayBuffer(256 * 1024);
        parentPort.postMessage(piece, [piece]);
        if (--left === 0) clearInterval(timer);
      }, 2);
    \`;
    const worker = new Worker(code, { eval: true });
    worker.on('message', () => {
      most = Math.max(most, process.memoryUsage().external - before);
    });
    await once(worker, 'exit');
    end();
    console.log(most / 2 ** 20);
  `);
  return Number(printed);
}

describe('buffers that died young', () => {
  it('are collected early where the memory budget is small', async () => {
    const [small, slow, received, large] = await Promise.all([
      mostYoungMiB(2 ** 24, 2),
      mostYoungMiB(2 ** 24, 20),
      mostReceivedMiB(2 ** 24),
      mostYoungMiB(2 ** 28, 2),
    ]);
    expect(small).toBeLessThan(20);
    expect(slow).toBeLessThan(20);
    expect(received).toBeLessThan(20);
    expect(large).toBeGreaterThan(24);
  });
});
