import { crc32 } from 'node:zlib';

/**
 * The text committed beside an offset: which file versions were open there, and up to where the partition was read.
 *
 * A restart begins at the committed offset, which is the first chunk of the oldest unfinished file. Between it and
 * `readUpTo` lie chunks of finished files too; with the list of open versions they are told apart without any local
 * file: a version that is not listed had an outcome.
 *
 * Form: `k1.` + base64url(kind, varint(readUpTo - offset), body, CRC-32). Kind `N`: nothing open; `F`: varint count and
 * that many version ids of 8 bytes, ascending; `X`: more versions were open than fit. The small letters `n`, `f` and `x` say the same:
 * so what is committed can change though nothing else does, and a transaction can be told from the one before. The CRC also covers topic,
 * partition and offset, so that metadata which a tool copied elsewhere is not believed.
 */
export interface CommitState {
  /** Offset after the last record read. */
  readonly readUpTo: bigint;
  /** Ids (16 hex characters) of the versions with a chunk at or above the committed offset and no outcome. */
  readonly openVersions: readonly string[];
}

/** Where the metadata belongs. */
export interface CommitPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** Kafka's `offset.metadata.max.bytes`; it counts characters, and ours are ASCII. */
export const maxMetadataLength = 4096;
const prefix = 'k1.';
const versionIdBytes = 8;
/** Kind, numbers and checksum take 25 bytes at most. */
const envelopeBytes = 25;
/** ... and so many at least. */
const leastEnvelopeBytes = 7;

/** So many open versions fit for certain. */
export function namedVersionCount(maxLength: number = maxMetadataLength): number {
  return roomBeside(envelopeBytes, maxLength);
}

/** With more open versions than that none of them is worth writing down: they cannot fit. */
export function mostVersionCount(maxLength: number = maxMetadataLength): number {
  return roomBeside(leastEnvelopeBytes, maxLength);
}

function roomBeside(otherBytes: number, maxLength: number): number {
  const byteLength = Math.floor(((maxLength - prefix.length) * 3) / 4);
  return Math.max(0, Math.floor((byteLength - otherBytes) / versionIdBytes));
}
const kinds = { nothingOpen: 0x4e, openList: 0x46, overflow: 0x58 } as const;
/** Of a letter: whether it is a small one. */
const smallBit = 0x20;

/**
 * @returns the text, at most `maxLength` characters. With more open versions than fit (`overflowed`) it says just that. It should
 *   not be committed: a restart would treat every record of the partition from the offset on as new, and a finished file
 *   that also has chunks in other partitions, which are skipped there, would stay open for ever.
 */
export function encodeCommitMetadata(
  position: CommitPosition,
  state: CommitState,
  maxLength: number = maxMetadataLength,
): { metadata: string; overflowed: boolean } {
  const span = varint(state.readUpTo - position.offset);
  const count = state.openVersions.length;
  if (count === 0) return { metadata: seal(position, [byte(kinds.nothingOpen), span]), overflowed: false };
  if (count <= mostVersionCount(maxLength)) {
    const ids = Buffer.from([...state.openVersions].sort().join(''), 'hex');
    const metadata = seal(position, [byte(kinds.openList), span, varint(BigInt(count)), ids]);
    if (metadata.length <= maxLength) return { metadata, overflowed: false };
  }
  return { metadata: seal(position, [byte(kinds.overflow), span]), overflowed: true };
}

/** Another text that says the same; of that one it is the first again. @param metadata of this position */
export function otherMetadata(position: CommitPosition, metadata: string): string {
  const content = Buffer.from(metadata.slice(prefix.length), 'base64url').subarray(0, -4);
  return seal(position, [byte(content[0]! ^ smallBit), content.subarray(1)]);
}

/**
 * Never throws: metadata of another program, damaged or moved metadata means `undefined`, and then nothing may be skipped.
 */
export function decodeCommitMetadata(
  position: CommitPosition,
  metadata: string | null,
): CommitState | undefined {
  if (metadata?.startsWith(prefix) !== true) return undefined;
  const bytes = Buffer.from(metadata.slice(prefix.length), 'base64url');
  if (bytes.length < 6) return undefined;
  const content = bytes.subarray(0, -4);
  if (checksum(position, content) !== bytes.readUInt32BE(bytes.length - 4)) return undefined;
  return decodeContent(position, content);
}

function decodeContent(position: CommitPosition, content: Buffer): CommitState | undefined {
  const span = readVarint(content, 1);
  if (span === undefined) return undefined;
  const readUpTo = position.offset + span.value;
  const kind = content[0]! & ~smallBit;
  if (kind === kinds.nothingOpen) {
    return span.end === content.length ? { readUpTo, openVersions: [] } : undefined;
  }
  if (kind !== kinds.openList) return undefined;
  const count = readVarint(content, span.end);
  if (count === undefined || content.length !== count.end + Number(count.value) * versionIdBytes)
    return undefined;
  const openVersions: string[] = [];
  for (let at = count.end; at < content.length; at += versionIdBytes) {
    openVersions.push(content.toString('hex', at, at + versionIdBytes));
  }
  return { readUpTo, openVersions };
}

function seal(position: CommitPosition, parts: readonly Buffer[]): string {
  const content = Buffer.concat(parts);
  const crc = Buffer.alloc(4);
  crc.writeUInt32BE(checksum(position, content));
  return prefix + Buffer.concat([content, crc]).toString('base64url');
}

function checksum(position: CommitPosition, content: Buffer): number {
  const topic = Buffer.from(position.topic);
  const context = [
    varint(BigInt(topic.length)),
    topic,
    varint(BigInt(position.partition)),
    varint(position.offset),
  ];
  return crc32(Buffer.concat([...context, content]));
}

function byte(value: number): Buffer {
  return Buffer.from([value]);
}

/** Unsigned LEB128. */
function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

function readVarint(bytes: Buffer, start: number): { value: bigint; end: number } | undefined {
  let value = 0n;
  for (let at = start, shift = 0n; at < bytes.length && shift < 64n; at += 1, shift += 7n) {
    const byte = bytes[at]!;
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) return { value, end: at + 1 };
  }
  return undefined;
}
