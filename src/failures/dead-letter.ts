import { cutText } from './cut-text.js';
import { isPartitionRanges, type PartitionRanges } from './offset-ranges.js';

/** What went wrong, cut to `deadLetterLimits`. */
export interface DeadLetterError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string;
  readonly code?: string;
}

interface CommonFacts {
  /** Why it was given up: `threw`, `file-hash-mismatch`, … for a file; an error code for a message. */
  readonly reason: string;
  readonly error: DeadLetterError;
  /** Where its chunks, or the message, lie. */
  readonly source: { readonly topic: string; readonly partitions: readonly PartitionRanges[] };
  readonly groupId: string;
  /** Name and version of the class. */
  readonly name: string;
  readonly version: string;
  /** ISO 8601. */
  readonly failedAt: string;
}

/** A file that was given up. */
export interface FileDeadLetter extends CommonFacts {
  readonly kind: 'file';
  readonly path: string;
  /** 16 hex digits, see `versionId`. */
  readonly versionId: string;
  /** SHA-512 of the content, hex. */
  readonly sha512: string;
  /** Bytes; 0 when it is not known. */
  readonly size: number;
  readonly chunkCount: number;
  /** Calls of the method that were made. */
  readonly attempts: number;
  readonly processingMs: number;
  readonly resultId: string;
  /** ISO 8601. */
  readonly firstChunkAt: string;
}

/** A message that is no usable chunk. */
export interface MessageDeadLetter extends CommonFacts {
  readonly kind: 'message';
}

/** What a dead-letter topic holds: references, never the bytes. */
export type DeadLetter = FileDeadLetter | MessageDeadLetter;

/** Characters that are kept. With 2,000 ranges of offsets a record stays below 64 KiB. */
export const deadLetterLimits = { message: 2_000, stack: 6_000, headerText: 1_000 } as const;
const schemaNumber = 1;

/** The same failure has the same key: a later record of it, or one that says that it is dealt with, replaces it. */
export function deadLetterKey(letter: DeadLetter): string {
  const { groupId, source } = letter;
  const group = `${groupId}/${source.topic}`;
  if (letter.kind === 'file') return `${group}/${letter.path}@${letter.versionId}`;
  const [place] = source.partitions;
  return `${group}[${place?.partition ?? 0}]@${place?.offsets ?? ''}`;
}

/** The record's value: JSON with `schema` 1. */
export function encodeDeadLetter(letter: DeadLetter): Buffer {
  const { error, ...rest } = letter;
  return Buffer.from(JSON.stringify({ schema: schemaNumber, ...rest, error: cutError(error) }));
}

/** @returns undefined for what somebody else wrote, or a later version of this program in another schema */
export function decodeDeadLetter(value: Buffer): DeadLetter | undefined {
  let letter: (Partial<Omit<FileDeadLetter, 'kind'>> & { schema?: unknown; kind?: unknown }) | null;
  try {
    letter = JSON.parse(value.toString()) as typeof letter;
  } catch {
    return undefined;
  }
  if (letter === null || typeof letter !== 'object' || letter.schema !== schemaNumber) return undefined;
  const { kind, source, error, reason, path, versionId } = letter;
  const hasPlace = typeof source?.topic === 'string' && isPartitionRanges(source.partitions);
  const isMessage = hasPlace && typeof error?.message === 'string' && typeof reason === 'string';
  const isFile = typeof path === 'string' && typeof versionId === 'string';
  if (!isMessage || !(kind === 'message' || (kind === 'file' && isFile))) return undefined;
  delete letter.schema;
  return letter as unknown as DeadLetter;
}

function cutError({ name, message, stack, code }: DeadLetterError): DeadLetterError {
  return {
    name,
    message: cutText(message, deadLetterLimits.message),
    ...(stack === undefined ? {} : { stack: cutText(stack, deadLetterLimits.stack) }),
    ...(code === undefined ? {} : { code }),
  };
}
