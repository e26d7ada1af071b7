import { encode } from '@msgpack/msgpack';
import { seededBytes } from './seeded-random.js';
import { chunkFields, encodeFields, sha512, type ChunkFields } from './sent-file.js';

export interface BadMessage {
  readonly what: string;
  readonly value: Buffer | null;
  readonly code: string;
}

/** One chunk of a file of its own, with fields that no honest uploader sends. */
function altered(what: string, change: Partial<ChunkFields>): Buffer {
  const [fields] = chunkFields(`bad/${what.replaceAll(/\W/g, '-')}`, seededBytes(what, 100), 100);
  return encodeFields({ ...fields!, ...change });
}

/** Each is complete in itself: one message, one report. */
export const badMessages: readonly BadMessage[] = [
  { what: 'garbage', value: seededBytes('garbage', 300), code: 'ERR_CHUNK_DECODE' },
  { what: 'text', value: Buffer.from('temperature,23.5\n'), code: 'ERR_CHUNK_DECODE' },
  { what: 'nothing', value: Buffer.alloc(0), code: 'ERR_CHUNK_DECODE' },
  { what: 'null value', value: null, code: 'ERR_CHUNK_DECODE' },
  { what: 'another map', value: Buffer.from(encode({ a: 1 })), code: 'ERR_CHUNK_DECODE' },
  { what: 'another array', value: Buffer.from(encode([1, 2, 3])), code: 'ERR_CHUNK_DECODE' },
  { what: 'cut off', value: altered('cut off', {}).subarray(0, 150), code: 'ERR_CHUNK_DECODE' },
  { what: 'negative start', value: altered('negative start', { startByte: -5 }), code: 'ERR_CHUNK_DECODE' },
  { what: 'index above count', value: altered('above', { index: 3, count: 2 }), code: 'ERR_CHUNK_DECODE' },
  {
    what: 'wrong chunk hash',
    value: altered('wrong chunk hash', { data: seededBytes('other', 100) }),
    code: 'ERR_CHUNK_HASH_MISMATCH',
  },
  { what: 'absolute path', value: altered('absolute', { subdirectory: '/etc' }), code: 'ERR_UNSAFE_PATH' },
  { what: 'parent folder', value: altered('parent', { subdirectory: '../..' }), code: 'ERR_UNSAFE_PATH' },
  { what: 'parent in name', value: altered('name', { filename: '../evil.sh' }), code: 'ERR_UNSAFE_PATH' },
  { what: '10 KiB name', value: altered('long', { filename: 'x'.repeat(10_240) }), code: 'ERR_UNSAFE_PATH' },
];

/** A good first chunk, and a second one of the same file that contradicts it. */
export function conflicting(what: string, change: Partial<ChunkFields>): [Buffer, Buffer] {
  const path = `bad/${what.replaceAll(' ', '-')}`;
  const [first, second] = chunkFields(path, seededBytes(what, 300), 100);
  return [encodeFields(first!), encodeFields({ ...second!, ...change })];
}

/** Each chunk is good, the whole is not what its uploader said. */
export const wrongFileHash = altered('wrong file hash', { fileHash: sha512(Buffer.from('something else')) });
