import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as zlib from 'node:zlib';
import { type BlockCodec, checkDecompressedSize, lazyPackage } from './block-codec.js';
import { zstdContentBound } from './zstd-content-bound.js';

type ZlibCallback = (error: Error | null, result: Buffer) => void;

/** What `node:zlib` has from Node 22.15 on; the typings are those of Node 20. */
interface ZlibWithZstd {
  zstdCompress(bytes: Buffer, callback: ZlibCallback): void;
  zstdDecompress(bytes: Buffer, options: { maxOutputLength: number }, callback: ZlibCallback): void;
}

const load = createRequire(import.meta.url);

const loadWasm = lazyPackage('zstd', '@bokuweb/zstd-wasm', async () => {
  const zstd = await import('@bokuweb/zstd-wasm');
  initOnlyOnce(wasmModule());
  await zstd.init();
  return zstd;
});

/** The package keeps it to itself. */
function wasmModule(): WasmModule {
  const entry = load.resolve('@bokuweb/zstd-wasm');
  return (load(join(dirname(entry), 'module.js')) as { Module: WasmModule }).Module;
}

interface WasmModule {
  readonly calledRun?: true;
  init(wasm: Buffer): void;
}

/**
 * A second `init`, by another copy of this package or by the user's own code, would bring new memory into use, but leave the functions that
 * ran before with the old one: what they then compress is zeros.
 */
function initOnlyOnce(module: WasmModule): void {
  const init = module.init.bind(module);
  let isInitialized = module.calledRun === true;
  module.init = wasm => {
    if (isInitialized) return;
    isInitialized = true;
    init(wasm);
  };
}

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
