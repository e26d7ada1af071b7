import { createHash } from 'node:crypto';
import { chunkMessage } from '../programs/upload/chunk-messages.js';
import type { FileChunk } from '../wire/file-chunk.js';
import type { UploadMessage } from './upload-files.js';

/** Names chunks of an upload. */
export interface ChunkChoice {
  /** Default: every file. */
  readonly path?: string;
  /** 1-based. Default: every chunk of the file. */
  readonly chunk?: number;
}

/** Something that goes wrong on the way to the topic. */
export type UploadFault =
  /** The chunks are sent twice, as by an uploader that did not see the acknowledgement. */
  | ({ readonly kind: 'duplicate' } & ChunkChoice)
  /** The chunks are not sent. */
  | ({ readonly kind: 'missing' } & ChunkChoice)
  /** The chunks' own hash is wrong: their bytes were damaged. */
  | ({ readonly kind: 'wrong-chunk-hash' } & ChunkChoice)
  /** All chunks name a hash of the whole file that its bytes do not have. */
  | { readonly kind: 'wrong-file-hash'; readonly path?: string }
  /** The chunks claim that the file has one chunk more than the others say. */
  | ({ readonly kind: 'wrong-count' } & ChunkChoice)
  /** A message that is no chunk, before the chunks chosen, or `value` null: a message without a value. */
  | ({ readonly kind: 'garbage'; readonly value?: Uint8Array | string | null } & ChunkChoice);

const defaultGarbage = 'this is no file chunk';

/**
 * Makes the messages of one chunk under the faults that concern it: none, one, or several.
 * @param path - of the chunk's file
 */
export function disturbedMessages(
  path: string,
  chunk: FileChunk,
  faults: readonly UploadFault[],
): UploadMessage[] {
  const mine = faults.filter(fault => concerns(fault, path, chunk));
  const has = (kind: UploadFault['kind']): boolean => mine.some(fault => fault.kind === kind);
  const before = mine.flatMap(fault => (fault.kind === 'garbage' ? [garbage(fault.value)] : []));
  if (has('missing')) return before;
  const altered = {
    ...chunk,
    ...(has('wrong-chunk-hash') ? { chunkHash: wrongHash(chunk.chunkHash) } : {}),
    ...(has('wrong-file-hash') ? { fileHash: wrongHash(chunk.fileHash) } : {}),
    ...(has('wrong-count') ? { count: chunk.count + 1 } : {}),
  };
  const message = { ...chunkMessage(altered), path, chunk: chunk.index };
  return [...before, message, ...(has('duplicate') ? [message] : [])];
}

/**
 * Checks that every fault names something that is uploaded: one that does not would change nothing, and the test would
 * not test what it says.
 * @throws {TypeError} there is no such file or chunk
 */
export function checkFaults(faults: readonly UploadFault[], chunkCounts: ReadonlyMap<string, number>): void {
  for (const fault of faults) {
    const { kind, path } = fault;
    const chunk = 'chunk' in fault ? fault.chunk : undefined;
    if (path !== undefined && !chunkCounts.has(path)) {
      throw new TypeError(`the fault ${kind} names ${path}, which is not among the files to upload`);
    }
    const counts = path === undefined ? [...chunkCounts.values()] : [chunkCounts.get(path)!];
    if (chunk !== undefined && (chunk < 1 || chunk > Math.max(0, ...counts))) {
      const found = path === undefined ? 'no file has it' : `${path} has ${counts[0]!} chunks`;
      throw new TypeError(`the fault ${kind} names chunk ${chunk}, and ${found}`);
    }
  }
}

function concerns(fault: UploadFault, path: string, { index }: FileChunk): boolean {
  const chunk = 'chunk' in fault ? fault.chunk : undefined;
  return (fault.path ?? path) === path && (chunk ?? index) === index;
}

function garbage(value: Uint8Array | string | null = defaultGarbage): UploadMessage {
  return { key: null, value: value === null ? null : Buffer.from(value), headers: {} };
}

/** Of the same length, so that nothing but the comparison can tell. */
function wrongHash(hash: Uint8Array): Buffer {
  return createHash('sha512').update(hash).digest();
}
