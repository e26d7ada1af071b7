import { createHash } from 'node:crypto';
import type { FileChunk } from '../wire/file-chunk.js';

/** Where a chunk lay on the topic. */
export interface ChunkPosition {
  readonly partition: number;
  readonly offset: bigint;
}

/** A chunk that is known, and where its bytes belong. */
export interface HeldChunk extends ChunkPosition {
  readonly index: number;
  readonly startByte: number;
  readonly byteLength: number;
  readonly chunkHash: Buffer;
  /** Its bytes were seen to have its hash. */
  isChecked?: boolean;
}

/** Names a place of the topic. */
export function placeText({ partition, offset }: ChunkPosition): string {
  return `${partition}/${offset}`;
}

export function isSamePlace(a: ChunkPosition, b: ChunkPosition): boolean {
  return a.partition === b.partition && a.offset === b.offset;
}

export function heldChunk(chunk: FileChunk, position: ChunkPosition): HeldChunk {
  return {
    index: chunk.index,
    startByte: chunk.startByte,
    byteLength: chunk.data.length,
    chunkHash: Buffer.from(chunk.chunkHash),
    partition: position.partition,
    offset: position.offset,
  };
}

/** The byte after its last one. */
export function endOf(chunk: HeldChunk): number {
  return chunk.startByte + chunk.byteLength;
}

export function hasHash(bytes: Uint8Array, expected: Uint8Array): boolean {
  return createHash('sha512').update(bytes).digest().equals(expected);
}
