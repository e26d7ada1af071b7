import * as zlib from 'node:zlib';
import { type BlockCodec, checkDecompressedSize, lazyPackage } from './block-codec.js';
import { zstdContentBound } from './zstd-content-bound.js';

type ZlibCallback = (error: Error | null, result: Buffer) => void;

/** What `node:zlib` has from Node 22.15 on; the typings are those of Node 20. */
interface ZlibWithZstd {
  zstdCompress(bytes: Buffer, callback: ZlibCallback): void;
  zstdDecompress(bytes: Buffer, options: { maxOutputLength: number }, callback: ZlibCallback): void;
}

const loadWasm = lazyPackage('zstd', '@bokuweb/zstd-wasm', async () => {
  const zstd = await import('@bokuweb/zstd-wasm');
  await zstd.init();
  return zstd;
});

/** Node's own zstd: in threads of its own. */
function nativeCodec(native: ZlibWithZstd): BlockCodec {
  const settle = (resolve: (result: Buffer) => void, reject: (error: Error) => void): ZlibCallback => {
    return (error, result) => (error === null ? resolve(result) : reject(error));
  };
  return {
    name: 'zstd',
    compress: records =>
      new Promise((resolve, reject) => native.zstdCompress(records, settle(resolve, reject))),
    decompress: (batch, maxBytes) =>
      new Promise((resolve, reject) =>
        native.zstdDecompress(batch, { maxOutputLength: maxBytes }, settle(resolve, reject)),
      ),
  };
}

/**
 * For Node 20. It runs in the calling thread and must be told how much memory a frame without its length needs.
 */
export const zstdWasmCodec: BlockCodec = {
  name: 'zstd',
  async compress(records) {
    const zstd = await loadWasm();
    return asBuffer(zstd.compress(records));
  },
  async decompress(batch, maxBytes) {
    const zstd = await loadWasm();
    const bound = zstdContentBound(batch);
    checkDecompressedSize(bound, maxBytes);
    return asBuffer(zstd.decompress(batch, { defaultHeapSize: Math.max(bound, 1) }));
  },
};

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hasZstd(module: object): module is ZlibWithZstd {
  return 'zstdCompress' in module && 'zstdDecompress' in module;
}

/** One zstd frame per batch: by Node itself where it can, else by WebAssembly. */
export const zstdCodec: BlockCodec = hasZstd(zlib) ? nativeCodec(zlib) : zstdWasmCodec;
