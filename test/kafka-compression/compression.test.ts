import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { beforeEach, describe, expect, it, onTestFinished, test, vi } from 'vitest';
import { BrokerError } from '../../src/errors.js';
import { codecNames, codecs, type Codec } from '../invariants/harness/codecs.js';
import { registerCompressionCodecs } from '../../src/kafka/kafkajs/compression.js';
import { lazyPackage } from '../../src/compression/block-codec.js';
import { decompressLz4Block } from '../../src/compression/lz4-block.js';
import { lz4ContentBound } from '../../src/compression/lz4-codec.js';
import { zstdCodec, zstdWasmCodec } from '../../src/compression/zstd-codec.js';
import { zstdContentBound } from '../../src/compression/zstd-content-bound.js';
import { seededBytes } from '../invariants/harness/seeded-random.js';
import { contents, type ContentName } from './contents.js';

interface KafkaJsCodec {
  compress(encoder: { buffer: Buffer }): Promise<Buffer>;
  decompress(batch: Buffer): Promise<Buffer>;
}

interface Frame {
  readonly codec: Codec;
  readonly writer: string;
  readonly content: ContentName;
  readonly base64: string;
}

/** The typings of Node have none. */
const { WebAssembly: webAssembly } = globalThis as unknown as {
  WebAssembly: { instantiate(wasm: Buffer): Promise<unknown> };
};
const execFileAsync = promisify(execFile);
const { CompressionCodecs } = kafkajs;
const frames = JSON.parse(readFileSync(new URL('frames.json', import.meta.url), 'utf8')) as Frame[];

/** The codec that kafkajs finds, as its record batch decoder looks it up. */
function codecOf(name: Codec): KafkaJsCodec {
  return CompressionCodecs[codecs[name]]() as KafkaJsCodec;
}

async function refusal(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BrokerError);
  expect((error as BrokerError).retriable).toBe(false);
  return (error as BrokerError).message;
}

const frameOf = (codec: Codec, writer: string, content: ContentName): Buffer => {
  const frame = frames.find(f => f.codec === codec && f.writer.includes(writer) && f.content === content);
  return Buffer.from(frame!.base64, 'base64');
};

/** As a second copy of this package in the process has it. */
async function importCopyOfTheCodec(): Promise<typeof zstdWasmCodec> {
  vi.resetModules();
  const copy = await import('../../src/compression/zstd-codec.js');
  expect(copy.zstdWasmCodec).not.toBe(zstdWasmCodec);
  return copy.zstdWasmCodec;
}

beforeEach(() => registerCompressionCodecs());

describe.each(codecNames)('the %s codec', name => {
  it.each(Object.keys(contents) as ContentName[])('gives back %s content', async content => {
    const compressed = await codecOf(name).compress({ buffer: contents[content] });
    const records = await codecOf(name).decompress(compressed);
    expect(Buffer.isBuffer(compressed)).toBe(true);
    expect(Buffer.isBuffer(records)).toBe(true);
    expect(records.equals(contents[content])).toBe(true);
  });

  it.each(frames.filter(frame => frame.codec === name))('reads $content of $writer', async frame => {
    const records = await codecOf(name).decompress(Buffer.from(frame.base64, 'base64'));
    expect(records.equals(contents[frame.content])).toBe(true);
  });

  it('gives back any content', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async bytes => {
        const records = Buffer.from(bytes);
        const compressed = await codecOf(name).compress({ buffer: records });
        expect((await codecOf(name).decompress(compressed)).equals(records)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses a batch that would become larger than allowed', async () => {
    const compressed = await codecOf(name).compress({ buffer: Buffer.alloc(20_000_000) });
    registerCompressionCodecs({ maxBatchBytes: 1_000_000 });
    expect(await refusal(codecOf(name).decompress(compressed))).toMatch(
      new RegExp(
        `^cannot decompress a batch of ${compressed.length} bytes with ${name}: .*(1000000|larger than)`,
      ),
    );
  });

  it('refuses a damaged batch, naming itself, and never hangs', async () => {
    const compressed = await codecOf(name).compress({ buffer: contents.text });
    for (const damaged of [
      compressed.subarray(0, compressed.length - 7),
      compressed.subarray(0, 5),
      Buffer.alloc(40, 7),
    ])
      expect(await refusal(codecOf(name).decompress(damaged))).toMatch(
        new RegExp(`^cannot decompress a batch of ${damaged.length} bytes with ${name}: .`),
      );
  });

  it('stays the same when it is registered again', async () => {
    const compressed = await codecOf(name).compress({ buffer: contents.text });
    registerCompressionCodecs();
    expect((await codecOf(name).decompress(compressed)).equals(contents.text)).toBe(true);
  });
});

test('lz4 gives back content of short literals and matches, up to the last byte', async () => {
  const part = fc.record({
    literals: fc.uint8Array({ maxLength: 40 }),
    distance: fc.integer({ min: 1, max: 60 }),
    byteLength: fc.nat(80),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 40 }), async parts => {
      const bytes: number[] = [];
      for (const { literals, distance, byteLength } of parts) {
        bytes.push(...literals);
        for (let count = 0; count < byteLength; count += 1) bytes.push(bytes.at(-distance) ?? 0);
      }
      const records = Buffer.from(bytes);
      const compressed = await codecOf('lz4').compress({ buffer: records });
      expect((await codecOf('lz4').decompress(compressed)).equals(records)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('an LZ4 block of any bytes writes nothing outside of its target, and fails in words', () => {
  // As they would be, and unlike anything: tokens, short matches, long ones.
  const byte = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 15, 16, 31, 240, 255));
  const bytes = fc.oneof(
    fc.array(byte, { maxLength: 60 }),
    fc.array(byte, { minLength: 60, maxLength: 200 }),
  );
  fc.assert(
    fc.property(bytes, fc.nat(120), fc.nat(40), (block, capacity, before) => {
      const around = Buffer.alloc(before + capacity + 64, 7);
      const target = around.subarray(before, before + capacity);
      try {
        expect(decompressLz4Block(Buffer.from(block), target, 0)).toBeLessThanOrEqual(capacity);
      } catch (error) {
        expect((error as Error).message).toMatch(/^an LZ4 block (is cut off|is larger|refers to)/);
      }
      const outside = Buffer.concat([around.subarray(0, before), around.subarray(before + capacity)]);
      expect(outside.every(byte => byte === 7)).toBe(true);
    }),
    { numRuns: 3_000 },
  );
});

test('lz4 gives back content of many lengths and distances, over several blocks', async () => {
  const part = fc.record({
    from: fc.nat(400_000),
    byteLength: fc.nat(70_000),
    times: fc.integer({ min: 1, max: 3 }),
  });
  const random = seededBytes('lz4', 400_000);
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 12 }), async parts => {
      const records = Buffer.concat(
        parts.flatMap(({ from, byteLength, times }) =>
          Array<Buffer>(times).fill(
            random.subarray(from, from + (byteLength % 7 === 0 ? byteLength : byteLength % 50)),
          ),
        ),
      );
      const compressed = await codecOf('lz4').compress({ buffer: records });
      expect((await codecOf('lz4').decompress(compressed)).equals(records)).toBe(true);
    }),
    { numRuns: 100 },
  );
});

describe('what other clients require of our batches', () => {
  it('is an LZ4 frame with independent blocks', async () => {
    const compressed = await codecOf('lz4').compress({ buffer: contents.repetitive });
    expect(compressed.readUInt32LE(0)).toBe(0x184d2204);
    expect(compressed[4]! & 0b0010_0000).toBe(0b0010_0000);
  });

  it('is snappy in the framing of the Java client, block by block', async () => {
    const java = frameOf('snappy', 'Java', 'repetitive');
    const compressed = await codecOf('snappy').compress({ buffer: contents.repetitive });
    expect(compressed.subarray(0, 16).toString('hex')).toBe(java.subarray(0, 16).toString('hex'));
    expect(rawBlockLengths(compressed)).toEqual([32_768, 32_768, 32_768, 32_768, 20_928]);
    expect(rawBlockLengths(java)).toEqual([32_768, 32_768, 32_768, 32_768, 20_928]);
  });
});

/** Content lengths that the raw blocks of a Xerial batch announce (three bytes each at these sizes). */
function rawBlockLengths(batch: Buffer): number[] {
  const lengths: number[] = [];
  for (let at = 16; at < batch.length; at += 4 + batch.readUInt32BE(at)) {
    const [low, middle, high] = batch.subarray(at + 4, at + 7);
    lengths.push((low! & 0x7f) | ((middle! & 0x7f) << 7) | (high! << 14));
  }
  return lengths;
}

describe('hostile batches', () => {
  it('may not make snappy allocate what they claim', async () => {
    expect(await refusal(codecOf('snappy').decompress(Buffer.from('ffffffff0f00', 'hex')))).toBe(
      'cannot decompress a batch of 6 bytes with snappy: it would become up to 4294967295 bytes, at most 134217728 are allowed',
    );
  });

  it('may not point behind their end', async () => {
    const batch = Buffer.from('82534e4150505900000000010000000100ffffff00', 'hex');
    expect(await refusal(codecOf('snappy').decompress(batch))).toBe(
      'cannot decompress a batch of 21 bytes with snappy: a snappy block reaches to byte 16777235, the batch ends at 21',
    );
    expect(await refusal(codecOf('lz4').decompress(Buffer.from('04224d18604082ffffff7f', 'hex')))).toBe(
      'cannot decompress a batch of 11 bytes with lz4: the LZ4 frame is cut off',
    );
  });

  it('may not hide a second LZ4 frame behind the first', async () => {
    const frame = await codecOf('lz4').compress({ buffer: contents.text });
    expect(await refusal(codecOf('lz4').decompress(Buffer.concat([frame, frame])))).toMatch(
      /the LZ4 frame ends at byte \d+, the batch at \d+$/,
    );
  });

  it.each([
    {
      what: 'refers to bytes before the first',
      block: '10ff0200',
      reason: 'refers to bytes that are not there',
    },
    { what: 'refers to where it is', block: '10ff0000', reason: 'refers to bytes that are not there' },
    { what: 'ends within its literals', block: '30ffff', reason: 'is cut off' },
    { what: 'ends within a length', block: 'f0ff', reason: 'is cut off' },
    { what: 'ends with a reference', block: '10ff0100', reason: 'is cut off' },
    {
      what: 'becomes larger than a block may be',
      block: `1f000100${'ff'.repeat(300)}00`,
      reason: 'is larger than',
    },
  ])('may not hold an LZ4 block that $what', async ({ block, reason }) => {
    // Blocks of at most 64 KiB.
    const bytes = Buffer.from(block, 'hex');
    const length = Buffer.alloc(4);
    length.writeUInt32LE(bytes.length);
    const frame = Buffer.concat([Buffer.from('04224d18604082', 'hex'), length, bytes, Buffer.alloc(4)]);
    expect(await refusal(codecOf('lz4').decompress(frame))).toContain(`an LZ4 block ${reason}`);
  });

  it('may not claim more zstd content than their blocks can hold', async () => {
    // Eight-byte content size of 2^40, one empty last block.
    const batch = Buffer.from('28b52ffde00000000000010000010000', 'hex');
    await expect(zstdWasmCodec.decompress(batch, 1_000)).rejects.toThrow(
      'the zstd frame claims 1099511627776 bytes, its blocks hold at most 0',
    );
  });
});

describe('zstd by WebAssembly, as on Node 20', () => {
  it.each(frames.filter(frame => frame.codec === 'zstd'))('reads $content of $writer', async frame => {
    const records = await zstdWasmCodec.decompress(Buffer.from(frame.base64, 'base64'), 10_000_000);
    expect(records.equals(contents[frame.content])).toBe(true);
  });

  it('and the codec in use read each other', async () => {
    const one = await zstdWasmCodec.compress(contents.text);
    const other = await zstdCodec.compress(contents.text);
    expect((await zstdCodec.decompress(one, 1_000_000)).equals(contents.text)).toBe(true);
    expect((await zstdWasmCodec.decompress(other, 1_000_000)).equals(contents.text)).toBe(true);
  });

  it('goes on when others in the process prepare the same package', async () => {
    const theirs = await import('@bokuweb/zstd-wasm');
    const copy = await importCopyOfTheCodec();
    const instantiate = vi.spyOn(webAssembly, 'instantiate');
    onTestFinished(() => instantiate.mockRestore());
    for (const prepare of [() => Promise.resolve(), () => copy.compress(contents.text), theirs.init]) {
      await prepare();
      await Promise.all(instantiate.mock.results.map(({ value }) => value));
      const compressed = await zstdWasmCodec.compress(contents.text);
      expect((await zstdWasmCodec.decompress(compressed, 1_000_000)).equals(contents.text)).toBe(true);
    }
    expect(Buffer.from(theirs.decompress(theirs.compress(contents.text))).equals(contents.text)).toBe(true);
  });
});

describe('bounds read from frame headers', () => {
  it.each(frames.filter(frame => frame.codec === 'zstd' || frame.codec === 'lz4'))(
    'cover $content of $codec by $writer, by at most one block more',
    ({ codec, content, base64 }) => {
      const frame = Buffer.from(base64, 'base64');
      const bound = codec === 'zstd' ? zstdContentBound(frame) : lz4ContentBound(frame);
      expect(bound).toBeGreaterThanOrEqual(contents[content].length);
      expect(bound).toBeLessThanOrEqual(contents[content].length + 131_072);
    },
  );
});

describe('packages of codecs', () => {
  it('are loaded when a batch needs them', async () => {
    // A process of its own: here they are loaded already.
    const program = `
      const { createRequire } = await import('node:module');
      const { default: kafkajs } = await import('kafkajs');
      const { registerCompressionCodecs } = await import('./dist/src/kafka/kafkajs/compression.js');
      const loaded = () => Object.keys(createRequire(process.cwd() + '/').cache)
        .flatMap(file => /node_modules.(snappy|lz4-napi)./.exec(file)?.[1] ?? []);
      const decompress = (type, base64) =>
        kafkajs.CompressionCodecs[type]().decompress(Buffer.from(base64, 'base64'));
      registerCompressionCodecs();
      await decompress(1, '${gzipSync(contents.text).toString('base64')}');
      console.log(loaded().length);
      await decompress(2, '${frameOf('snappy', 'Java', 'text').toString('base64')}');
      console.log([...new Set(loaded())].join());
    `;
    const { stdout } = await execFileAsync(process.execPath, ['--input-type=module', '-e', program]);
    expect(stdout.split('\n')).toEqual(['0', 'snappy', '']);
  });

  it('that cannot be loaded are named, with what to do', async () => {
    const load = lazyPackage('snappy', 'snappy', () =>
      Promise.reject(new Error('no binary for this system')),
    );
    await expect(load()).rejects.toThrow(
      new BrokerError(
        'a batch is compressed with snappy, and the package "snappy" that reads and writes it failed to load: no binary for this ' +
          'system. Reinstall it for this system (npm install snappy), or let the producers use another compression.type',
        { retriable: false },
      ),
    );
  });
});
