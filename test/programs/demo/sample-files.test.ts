import { hash } from 'node:crypto';
import { crc32, inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sampleFiles } from '../../../src/programs/demo/sample-files/sample-files.js';
import { grayPng } from '../../../src/programs/demo/sample-files/gray-png.js';

/** Reads a PNG back, every checksum included. */
function readPng(png: Buffer): { head: Buffer; scanlines: Buffer; types: string[] } {
  expect(png.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');
  const types: string[] = [];
  const bodies = new Map<string, Buffer>();
  for (let at = 8; at < png.length;) {
    const byteLength = png.readUInt32BE(at);
    const typed = png.subarray(at + 4, at + 8 + byteLength);
    expect(crc32(typed)).toBe(png.readUInt32BE(at + 8 + byteLength));
    const type = typed.toString('latin1', 0, 4);
    types.push(type);
    bodies.set(type, typed.subarray(4));
    at += 12 + byteLength;
  }
  return { head: bodies.get('IHDR')!, scanlines: inflateSync(bodies.get('IDAT')!), types };
}

describe('sampleFiles', () => {
  it('are the same bytes on every machine', () => {
    const hashes = sampleFiles().map(({ path, bytes }) => `${hash('sha256', bytes).slice(0, 16)} ${path}`);
    expect(hashes).toMatchInlineSnapshot(`
      [
        "65ee7bbc23a41578 xrd/2026-03-11/silicon-standard.xy",
        "86693c63451e6f2f xrd/2026-03-11/quartz-sand.xy",
        "6890e509eb9e1918 xrd/2026-03-11/corundum-plate.xy",
        "b8e0066b40d5065b xrd/2026-03-11/mixture-7.xy",
        "f6215407910b58d4 detector/2026-03-11/rings.png",
        "562a01a1e85672c5 furnace/2026-03-11.csv",
      ]
    `);
  });

  it('are small, not empty, and larger than a chunk of the demo', () => {
    for (const { bytes } of sampleFiles()) {
      expect(bytes.length).toBeGreaterThan(4096);
      expect(bytes.length).toBeLessThan(100_000);
    }
  });
});

describe('grayPng', () => {
  it('writes what a PNG reader takes', () => {
    const { head, scanlines, types } = readPng(grayPng(3, 2, (x, y) => x * 10 + y));
    expect(types).toEqual(['IHDR', 'IDAT', 'IEND']);
    expect([head.readUInt32BE(0), head.readUInt32BE(4), ...head.subarray(8)]).toEqual([3, 2, 8, 0, 0, 0, 0]);
    expect([...scanlines]).toEqual([0, 0, 10, 20, 0, 1, 11, 21]);
  });

  it('splits what does not fit into one stored block', () => {
    const { scanlines } = readPng(grayPng(300, 500, x => x % 256));
    expect(scanlines.length).toBe(301 * 500);
    expect(scanlines[301 * 499 + 1 + 299]).toBe(299 % 256);
  });
});
