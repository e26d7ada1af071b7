import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { encode } from '@msgpack/msgpack';

/** One message as an uploader sends it. Written here from the format's description, not with the code under test. */
export interface ChunkMessage {
  readonly key: string;
  readonly value: Buffer;
  readonly path: string;
  /** Bytes of the file in it. */
  readonly byteLength: number;
}

/** What the uploader knows about a file: the truth that a checker compares with. */
export interface SentFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  readonly sha512: string;
  readonly chunks: readonly ChunkMessage[];
}

/** Fields of a chunk in wire order; tests replace single ones to send what no honest uploader would. */
export interface ChunkFields {
  filename: string;
  fileHash: Buffer;
  chunkHash: Buffer;
  startByte: number;
  index: number;
  count: number;
  subdirectory: string;
  append: string;
  data: Buffer;
  modifiedAtSeconds: number;
}

export const sha512 = (bytes: Uint8Array): Buffer => createHash('sha512').update(bytes).digest();

export function encodeFields(fields: ChunkFields): Buffer {
  return Buffer.from(encode(Object.values(fields)));
}

/** @param chunkBytes length of all chunks but the last */
export function chunkFields(path: string, content: Buffer, chunkBytes: number): ChunkFields[] {
  const slash = path.lastIndexOf('/');
  const fileHash = sha512(content);
  const count = Math.ceil(content.length / chunkBytes);
  return Array.from({ length: count }, (_, at) => {
    const data = content.subarray(at * chunkBytes, (at + 1) * chunkBytes);
    return {
      filename: path.slice(slash + 1),
      fileHash,
      chunkHash: sha512(data),
      startByte: at * chunkBytes,
      index: at + 1,
      count,
      subdirectory: slash < 0 ? '' : path.slice(0, slash),
      append: '',
      data,
      modifiedAtSeconds: 1_700_000_000.25,
    };
  });
}

export function keyOf({ subdirectory, filename, index, count }: ChunkFields): string {
  return `${subdirectory.replaceAll('/', '_')}_${filename}_chunk_${index}_of_${count}`;
}

export function sentFile(path: string, content: Buffer, chunkBytes: number): SentFile {
  return {
    path,
    size: content.length,
    sha256: createHash('sha256').update(content).digest('hex'),
    sha512: sha512(content).toString('hex'),
    chunks: chunkFields(path, content, chunkBytes).map(fields => ({
      key: keyOf(fields),
      value: encodeFields(fields),
      path,
      byteLength: fields.data.length,
    })),
  };
}

/** As librdkafka places a key by default: the chunks of one file are scattered over all partitions. */
export function scatteredPartition(key: string, partitionCount: number): number {
  return crc32(key) % partitionCount;
}
