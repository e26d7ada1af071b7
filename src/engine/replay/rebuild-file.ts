import { createHash } from 'node:crypto';
import { constants } from 'node:buffer';
import { FileVersion } from '../../assembly/file-version.js';
import { FileHashMismatchError, InputError } from '../../errors.js';
import { offsetCount, parseRanges, type PartitionRanges } from '../../failures/offset-ranges.js';
import type { KafkaDriver, RawRecord } from '../../kafka/driver.js';
import { decodeChunk } from '../../wire/decode-chunk.js';
import { safeFilePath } from '../../wire/safe-file-path.js';
import { versionId } from '../../wire/version-id.js';
import { offsetsByPartition } from '../offsets-by-partition.js';

/** Records that are looked at for one file; ranges of chunks that lie far apart cover those of other files as well. */
const maxRecords = 1_000_000n;

/** A file to run again, and where its chunks lie. */
export interface ReplayItem {
  readonly path: string;
  readonly versionId: string;
  /** Ranges may cover records of other files. */
  readonly partitions: readonly PartitionRanges[];
  /** Of its dead letter; undefined: it has none. */
  readonly letterKey?: string;
  /** The group that gave it up. */
  readonly groupId?: string;
}

/** A file cannot be put together again. */
export class RebuildError extends Error {
  /** Undefined: no chunk of it was found. */
  readonly version: FileVersion | undefined;
  readonly reason: 'chunks-lost' | 'file-hash-mismatch';

  constructor(reason: RebuildError['reason'], message: string, version: FileVersion | undefined) {
    super(message);
    this.reason = reason;
    this.version = version;
  }
}

/**
 * Reads the chunks of one file by their positions and puts them together in memory.
 *
 * @returns the whole file, with the hash its chunks name
 * @throws {RebuildError} chunks are not on the topic any more, the whole has another hash, or too many records would be looked at
 * @throws {BrokerError} Kafka could not be read
 */
export async function rebuildFile(
  driver: Pick<KafkaDriver, 'readAt'>,
  topic: string,
  item: ReplayItem,
  signal: AbortSignal,
): Promise<FileVersion> {
  let version: FileVersion | undefined;
  const take = (partition: number, record: RawRecord): void => {
    const chunk = decodeChunk(record.value);
    const { fileHash, count } = chunk;
    const path = safeFilePath(chunk.subdirectory, chunk.filename, chunk.filenameAppend);
    if (versionId(path.path, fileHash, count) !== item.versionId) return;
    const { modifiedAtSeconds } = chunk;
    version ??= new FileVersion(
      {
        id: item.versionId,
        ...path,
        fileHash: Buffer.from(fileHash),
        count,
        ...(modifiedAtSeconds === undefined ? {} : { modifiedAtSeconds }),
      },
      constants.MAX_LENGTH,
    );
    version.add(chunk, { partition, offset: record.offset });
  };
  const read = (offsets: ReadonlyMap<number, readonly bigint[]>): Promise<unknown> =>
    driver.readAt({
      topic,
      offsets,
      signal,
      onRecords: (partition, records) => {
        for (const record of records) ignoringBadInput(() => take(partition, record));
      },
    });
  const count = offsetCount(item.partitions);
  if (count > maxRecords) {
    const message = `the chunks of ${item.path} (${item.versionId}) lie among ${count} records, more than the ${maxRecords} that are looked at. Upload the file again`;
    throw new RebuildError('chunks-lost', message, undefined);
  }
  await read(offsetsOf(item.partitions));
  if (version === undefined) throw chunksLost(version, topic, item);
  return verified(version, topic, item, read);
}

/** Several contents may be possible where chunks contradict each other: one has the hash. */
async function verified(
  version: FileVersion,
  topic: string,
  item: ReplayItem,
  read: (offsets: ReadonlyMap<number, readonly bigint[]>) => Promise<unknown>,
): Promise<FileVersion> {
  while (version.isComplete) {
    const { missingBytes, choice } = version;
    if (missingBytes.length > 0) {
      await read(offsetsByPartition(missingBytes));
      // Another content may be tried by now, which lacks what was read when it was of no use.
      if (version.choice === choice) version.forget(missingBytes);
      continue;
    }
    const digest = createHash('sha512').update(version.content).digest();
    if (digest.equals(version.identity.fileHash)) return version;
    version.refute();
  }
  if (!version.isRefuted) throw chunksLost(version, topic, item);
  const { message } = new FileHashMismatchError('its chunks do not have the hash that they name together');
  throw new RebuildError('file-hash-mismatch', message, version);
}

function chunksLost(
  version: FileVersion | undefined,
  topic: string,
  { path, versionId: id, partitions }: ReplayItem,
): RebuildError {
  const places = partitions.map(({ partition, offsets }) => `${topic}[${partition}]@${offsets}`).join(', ');
  const held = version === undefined ? 'none' : `${version.heldCount} of ${version.identity.count}`;
  return new RebuildError(
    'chunks-lost',
    `the chunks of ${path} (${id}) are not all on the topic any more: ${held} found at ${places}. Upload the file again`,
    version,
  );
}

function ignoringBadInput(act: () => void): void {
  try {
    act();
  } catch (error) {
    // Told when it was read first, and it has a dead letter of its own.
    if (!(error instanceof InputError)) throw error;
  }
}

function offsetsOf(partitions: readonly PartitionRanges[]): Map<number, bigint[]> {
  return new Map(
    partitions.map(({ partition, offsets }) => [
      partition,
      parseRanges(offsets).flatMap(({ first, last }) =>
        Array.from({ length: Number(last - first) + 1 }, (_, at) => first + BigInt(at)),
      ),
    ]),
  );
}
