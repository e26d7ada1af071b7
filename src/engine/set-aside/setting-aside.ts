import { placeText } from '../../assembly/held-chunk.js';
import type { OutgoingMessage } from '../../processing/file-work.js';
import { encodeSetAside, type SetAsideRecord } from '../../wire/set-aside-record.js';
import type { ChunkIntake } from '../chunk-intake.js';
import type { EngineCommand } from '../messages.js';
import { describeFile, knownChunksOf, type OpenFile } from '../open-file.js';
import type { Outbox, OutboxEntry, SetAsideEntry } from '../outbox.js';
import type { OwnedPartitions } from '../owned-partitions.js';
import type { SetAsideFiles } from './set-aside-files.js';
import type { StateWriterOptions } from '../state-writer.js';
import { idsOf } from './ids-of.js';

export interface SettingAsideParts {
  readonly intake: ChunkIntake;
  readonly partitions: OwnedPartitions;
  /** Exactly-once: where records wait for the transaction that commits the offsets. */
  readonly outbox?: Outbox;
  /** What is on the state topic. */
  readonly files: SetAsideFiles;
  readonly emit: (command: EngineCommand) => void;
  /** A record of a version of this path is on the state topic. */
  readonly onKept: (versionId: string, path: string) => void;
  /** Ids of records, which no file has. */
  readonly nextRecordId: () => number;
}

/**
 * Lets go of files whose rest does not come: where their chunks lie goes to the state topic, then the offsets move on.
 *
 * Under exactly-once the record and the offsets are one transaction; at-least-once the record is acknowledged first. A chunk that
 * comes meanwhile is not in the record: the file is then open again, and its offsets stay.
 */
export class SettingAside {
  readonly #options: StateWriterOptions;
  readonly #parts: SettingAsideParts;
  /** At-least-once: records on their way. */
  readonly #recording = new Map<number, SetAsideEntry>();

  constructor(options: StateWriterOptions, parts: SettingAsideParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** @param nowMs of the engine's clock */
  begin(file: OpenFile, reason: SetAsideRecord['reason'], nowMs: number): void {
    const { files, outbox, emit } = this.#parts;
    const { id } = file.version.identity;
    const known = new Set(files.chunksOf(id).map(placeText));
    const chunks = knownChunksOf(file).filter(chunk => !known.has(placeText(chunk)));
    if (chunks.length === 0) return this.#letGo(file, reason);
    const { entry, message } = this.#entryOf(file, { reason, chunks }, nowMs);
    file.state = 'setting-aside';
    if (outbox !== undefined) return outbox.addFirst(entry);
    const workId = this.#parts.nextRecordId();
    this.#recording.set(workId, entry);
    emit({ kind: 'record', workId, message });
  }

  /** At-least-once: the record is on the state topic, or Kafka will never take it there. */
  recorded(workId: number, isOnTopic: boolean): void {
    const entry = this.#recording.get(workId);
    if (entry === undefined) return;
    this.#recording.delete(workId);
    // Its partitions may be lost meanwhile, and got again: the version is another file then, with chunks that the record does not name.
    const isWanted = entry.isWanted() && this.#isOpen(entry);
    if (isOnTopic) this.#keep(entry);
    else this.#keepOpen(entry);
    if (isWanted && isOnTopic) this.#letGo(entry.file, entry.record.reason);
  }

  /** Ids of the records of these files that are not known to be on the state topic. */
  recordIdsOf(files: ReadonlySet<OpenFile>): number[] {
    return idsOf(files, this.#recording);
  }

  /** Nothing goes to the state topic any more. */
  ended(): void {
    for (const entry of this.#recording.values()) if (entry.isWanted()) entry.file.state = 'assembling';
    this.#recording.clear();
  }

  /** Exactly-once: these records and the offsets of their files are committed. */
  committed(batch: readonly OutboxEntry[]): void {
    for (const entry of batch) {
      if (entry.kind !== 'set-aside') continue;
      this.#keep(entry);
      if (!this.#isOpen(entry)) continue;
      const { file, record } = entry;
      if (entry.isWanted()) this.#letGo(file, record.reason);
      else this.#holdRest(file);
    }
  }

  /** Exactly-once: Kafka will never take the record of this very file. */
  refusedAlone(entry: SetAsideEntry): void {
    this.#keepOpen(entry);
  }

  #isOpen({ file, record }: SetAsideEntry): boolean {
    return this.#parts.intake.find(record.versionId) === file;
  }

  #keep({ key, record }: SetAsideEntry): void {
    this.#parts.files.add(key, record);
    this.#parts.onKept(record.versionId, record.path);
  }

  #keepOpen({ file, isWanted }: SetAsideEntry): void {
    file.mustStayOpen = true;
    if (isWanted()) file.state = 'assembling';
  }

  #letGo(file: OpenFile, reason: SetAsideRecord['reason']): void {
    const { intake, partitions, emit } = this.#parts;
    const { identity, heldCount: heldChunkCount } = file.version;
    const info = describeFile(file, this.#options.topic);
    intake.remove(file);
    partitions.settle(identity.id);
    emit({ kind: 'report', report: { kind: 'file-set-aside', file: info, heldChunkCount, reason } });
  }

  /** Chunks came after the commit that settled the others; a copy may be the only one that is sound. */
  #holdRest(file: OpenFile): void {
    const { partitions, files } = this.#parts;
    const { id } = file.version.identity;
    const known = new Set(files.chunksOf(id).map(placeText));
    partitions.settle(id);
    partitions.holdAgain(
      id,
      knownChunksOf(file).filter(chunk => !known.has(placeText(chunk))),
    );
  }

  #entryOf(
    file: OpenFile,
    { reason, chunks }: Pick<SetAsideRecord, 'reason' | 'chunks'>,
    nowMs: number,
  ): { entry: SetAsideEntry; message: OutgoingMessage } {
    const { topic, stateTopic, name, version, groupId, timeOriginMs } = this.#options;
    const { id, path, fileHash, count, modifiedAtSeconds } = file.version.identity;
    const at = (ms: number): string => new Date(Math.round(timeOriginMs + ms)).toISOString();
    const record: SetAsideRecord = {
      versionId: id,
      path,
      sha512: fileHash.toString('hex'),
      chunkCount: count,
      reason,
      firstChunkAt: at(file.firstWrittenAtMs),
      lastChunkAt: at(file.chunkWrittenAtMs),
      ...(modifiedAtSeconds === undefined ? {} : { modifiedAtSeconds }),
      setAsideAt: at(nowMs),
      ...{ name, version, groupId, topic },
      chunks: chunks.map(({ index, partition, offset }) => ({ index, partition, offset })),
    };
    const { key, value } = encodeSetAside(record);
    const message = { topic: stateTopic, key: Buffer.from(key), value, headers: {} };
    const { reopenedCount } = file;
    const isWanted = (): boolean => file.state === 'setting-aside' && file.reopenedCount === reopenedCount;
    return { entry: { kind: 'set-aside', file, key, record, messages: [message], isWanted }, message };
  }
}
