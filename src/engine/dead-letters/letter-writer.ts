import type { BadChunk } from '../../assembly/bad-chunk.js';
import { deadLetterMessage } from '../../failures/dead-letter-message.js';
import type { DeadLetter, DeadLetterError } from '../../failures/dead-letter.js';
import { rangesOf, type PartitionRanges } from '../../failures/offset-ranges.js';
import type { OutgoingMessage } from '../../processing/file-work.js';
import { resultId } from '../../wire/result-id.js';
import type { OpenFile } from '../open-file.js';
import type { FileFailureReason } from '../reports.js';

/** No path begins so: on the state topic the others are keys of files. */
const keyPrefix = '/dead-letter/';

/** The message as it lies on the state topic, where the dead-letter topic takes nothing. */
export function asKeptOn(stateTopic: string, message: OutgoingMessage): OutgoingMessage {
  const key = Buffer.from(`${keyPrefix}${Buffer.from(message.key!).toString()}`);
  return { ...message, topic: stateTopic, key };
}

/** @param key of a dead letter */
export function isKeptOnStateTopic(key: string): boolean {
  return key.startsWith(keyPrefix);
}

export interface LetterWriterOptions {
  /** Topic with the chunks. */
  readonly topic: string;
  readonly deadLetterTopic: string;
  readonly groupId: string;
  /** Name and version of the class. */
  readonly name: string;
  readonly version: string;
  /** Milliseconds since 1970 at which the engine's clock was 0. */
  readonly timeOriginMs: number;
}

/** Why a file is given up. */
export interface FileFailure {
  readonly reason: FileFailureReason;
  readonly error: DeadLetterError;
}

/** Writes what is given up as messages for the dead-letter topic. */
export class LetterWriter {
  readonly #options: LetterWriterOptions;
  #standIn: string | undefined;

  constructor(options: LetterWriterOptions) {
    this.#options = options;
  }

  get topic(): string {
    return this.#standIn ?? this.#options.deadLetterTopic;
  }

  /** From now on for the state topic, as the dead-letter topic takes nothing. */
  useStandIn(stateTopic: string): void {
    this.#standIn = stateTopic;
  }

  /** @param nowMs of the engine's clock */
  forFile(file: OpenFile, { reason, error }: FileFailure, nowMs: number): OutgoingMessage {
    const { topic, groupId, name, version } = this.#options;
    const { id, path, fileHash, count } = file.version.identity;
    return this.#message({
      kind: 'file',
      path,
      versionId: id,
      sha512: fileHash.toString('hex'),
      size: file.size,
      chunkCount: count,
      source: { topic, partitions: placesOf(file) },
      reason,
      error,
      attempts: file.attempts,
      processingMs: Math.round(file.processingMs),
      resultId: resultId(name, version, path, fileHash, count),
      ...{ groupId, name, version },
      firstChunkAt: this.#at(file.firstChunkAtMs),
      failedAt: this.#at(nowMs),
    });
  }

  /** @param nowMs of the engine's clock */
  forRecord(bad: BadChunk, nowMs: number): OutgoingMessage {
    const { topic, groupId, name, version } = this.#options;
    const { code, message } = bad.error;
    return this.#message({
      kind: 'message',
      source: { topic, partitions: rangesOf([bad]) },
      reason: code,
      error: { name: bad.error.name, message, code },
      ...{ groupId, name, version },
      failedAt: this.#at(nowMs),
    });
  }

  #message(letter: DeadLetter): OutgoingMessage {
    const message = deadLetterMessage(this.#options.deadLetterTopic, letter);
    return this.#standIn === undefined ? message : asKeptOn(this.#standIn, message);
  }

  #at(ms: number): string {
    return new Date(Math.round(this.#options.timeOriginMs + ms)).toISOString();
  }
}

/** Of a file with a wrong hash no chunk is held any more; then the first and last offset are what is known. */
function placesOf({ version }: OpenFile): PartitionRanges[] {
  const { heldChunks } = version;
  if (heldChunks.length > 0) return rangesOf(heldChunks);
  return [...version.ranges]
    .sort(([a], [b]) => a - b)
    .map(([partition, { firstOffset, lastOffset }]) => ({
      partition,
      offsets: firstOffset === lastOffset ? `${firstOffset}` : `${firstOffset}-${lastOffset}`,
    }));
}
