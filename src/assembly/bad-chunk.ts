import { ChunkConflictError, ChunkHashMismatchError, type InputError } from '../errors.js';
import type { FileChunk } from '../wire/file-chunk.js';
import { endOf, heldChunk, type ChunkPosition, type HeldChunk } from './held-chunk.js';

/** A record that cannot be used, with the reason. */
export interface BadChunk extends ChunkPosition {
  readonly error: InputError;
}

/** The version whose chunk it is. */
interface Whose {
  readonly path: string;
  readonly count: number;
}

export function damagedError({ path, count }: Whose, index: number): ChunkHashMismatchError {
  return new ChunkHashMismatchError(
    `chunk ${index} of ${count} of ${path} does not have the SHA-512 it names; a good copy of it is needed`,
  );
}

/** @param isKnown whether it may be part of the content all the same */
export function conflictError(
  whose: Whose,
  chunk: FileChunk,
  rivals: readonly HeldChunk[],
  isKnown: boolean,
): ChunkConflictError {
  const others = rivals
    .map(
      rival =>
        `chunk ${rival.index} (partition ${rival.partition}, offset ${rival.offset}), which claims bytes ` +
        `${rival.startByte} to ${endOf(rival)}`,
    )
    .join(', and ');
  const what = others === '' ? ', where it cannot lie' : `, which contradicts ${others}`;
  const fate = isKnown ? '; the hash of the whole file will tell which is right' : '; it is not used';
  const claim = claimText(whose, heldChunk(chunk, { partition: 0, offset: 0n }));
  return new ChunkConflictError(claim + what + fate, { isHeld: isKnown });
}

/** It was among the chunks that the content could be made of. */
export function notPartError(whose: Whose, chunk: HeldChunk): ChunkConflictError {
  return new ChunkConflictError(
    `${claimText(whose, chunk)}, but the content that has the hash of the file is made of others; it is not used`,
  );
}

function claimText({ path, count }: Whose, chunk: HeldChunk): string {
  return `chunk ${chunk.index} of ${count} of ${path} claims bytes ${chunk.startByte} to ${endOf(chunk)}`;
}
