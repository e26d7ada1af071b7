import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameSplitter } from '../../src/embedded-kafka/frame-splitter.js';

const framed = (frame: Uint8Array): Buffer => Buffer.concat([int32(frame.length), frame]);

describe('FrameSplitter', () => {
  it('gives the same requests however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 })),
        fc.infiniteStream(fc.integer({ min: 1, max: 30 })),
        (frames, sizes) => {
          const stream = Buffer.concat(frames.map(framed));
          const splitter = new FrameSplitter(40);
          const found: Buffer[] = [];
          let start = 0;
          for (const size of sizes) {
            if (start >= stream.length) break;
            found.push(...splitter.push(stream.subarray(start, start + size)));
            start += size;
          }
          expect(found.map(frame => [...frame])).toEqual(frames.map(frame => [...frame]));
        },
      ),
    );
  });

  it('refuses a length above the limit, and one below 1, before any byte of the request', () => {
    for (const value of [2 ** 31 - 1, 101, 0, -1]) {
      expect(() => new FrameSplitter(100).push(int32(value))).toThrow(
        `a request of ${value} bytes: expected 1 to 100`,
      );
    }
  });
});

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
