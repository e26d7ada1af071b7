import { InputError } from '../../errors.js';
import type { RawRecord } from '../../kafka/driver.js';
import { decodeChunk } from '../../wire/decode-chunk.js';
import type { FileChunk } from '../../wire/file-chunk.js';
import { filePartition, keyPartition } from '../../wire/file-partition.js';
import { safeFilePath } from '../../wire/safe-file-path.js';

export interface PlacedRecord {
  readonly kind: 'chunk' | 'other';
  /** Of the target topic. */
  readonly partition: number;
}

/**
 * Chooses the partition of the target topic for one record.
 *
 * A chunk goes where all chunks of its file go. What is no chunk is kept too, as nobody here can know what it is for: by its key,
 * or on the partition with the number it had, so that the order of such records stays.
 *
 * @param from partition that it was read from
 * @param partitionCount of the target topic
 */
export function placeRecord(
  { key, value }: Pick<RawRecord, 'key' | 'value'>,
  from: number,
  partitionCount: number,
): PlacedRecord {
  const chunk = chunkOf(value);
  if (chunk !== undefined) return { kind: 'chunk', partition: filePartition(pathOf(chunk), partitionCount) };
  const partition = key === null ? from % partitionCount : keyPartition(key, partitionCount);
  return { kind: 'other', partition };
}

function chunkOf(value: Buffer | null): FileChunk | undefined {
  try {
    return decodeChunk(value);
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/** Workers give a file with an unsafe path up; its chunks lie together all the same. */
function pathOf({ subdirectory, filename, filenameAppend }: FileChunk): string {
  try {
    return safeFilePath(subdirectory, filename, filenameAppend).path;
  } catch (error) {
    if (error instanceof InputError) return `${subdirectory}/${filename}`;
    throw error;
  }
}
