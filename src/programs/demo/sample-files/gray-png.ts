import { crc32 } from 'node:zlib';

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Most bytes in one stored block of the deflate format. */
const maxBlockBytes = 65_535;

/**
 * Writes an 8-bit grey image as PNG. The pixels are stored, not compressed: what a compressor makes of them differs
 * between versions of zlib, and this file is to be the same everywhere.
 *
 * Formats: https://www.w3.org/TR/png-3/, RFC 1950 and RFC 1951.
 *
 * @param brightness of the pixel in column x of row y, 0 (black) to 255
 */
export function grayPng(width: number, height: number, brightness: (x: number, y: number) => number): Buffer {
  const scanlines = Buffer.alloc(height * (width + 1));
  for (let y = 0; y < height; y++) {
    // The first byte of a line, 0, says that its pixels are not filtered.
    for (let x = 0; x < width; x++) scanlines[y * (width + 1) + 1 + x] = brightness(x, y);
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  // 8 bits per pixel; the zeros after it: grey, deflate, standard filters, not interlaced.
  head.writeUInt8(8, 8);
  return Buffer.concat([
    signature,
    pngChunk('IHDR', head),
    pngChunk('IDAT', storedZlib(scanlines)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
}

function storedZlib(data: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x78, 0x01])];
  for (let start = 0; start < data.length; start += maxBlockBytes) {
    const block = data.subarray(start, start + maxBlockBytes);
    const head = Buffer.alloc(5);
    head.writeUInt8(start + block.length === data.length ? 1 : 0, 0);
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(~block.length & 0xffff, 3);
    parts.push(head, block);
  }
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(adler32(data));
  return Buffer.concat([...parts, checksum]);
}

function adler32(data: Buffer): number {
  let low = 1;
  let high = 0;
  for (const byte of data) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  return ((high << 16) | low) >>> 0;
}
