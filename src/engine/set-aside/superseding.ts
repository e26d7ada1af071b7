import type { OutgoingMessage } from '../../processing/file-work.js';
import { encodeSuperseded, supersededKey, type SupersededVersion } from '../../wire/superseded-record.js';
import type { ChunkIntake } from '../chunk-intake.js';
import type { EngineCommand } from '../messages.js';
import { knownChunksOf, partitionsOf, type OpenFile } from '../open-file.js';
import type { Outbox, OutboxEntry, SupersededEntry } from '../outbox.js';
import type { OwnedPartitions } from '../owned-partitions.js';
import type { RecentOutcomes } from '../recent-outcomes.js';
import type { EngineReport } from '../reports.js';
import type { SetAsideFile } from './set-aside-files.js';
import { placeText, type ChunkPosition } from '../../assembly/held-chunk.js';
import type { StateWriterOptions } from '../state-writer.js';
import { idsOf } from './ids-of.js';

export interface SupersedingParts {
  readonly intake: ChunkIntake;
  readonly partitions: OwnedPartitions;
  readonly outcomes: RecentOutcomes;
  /** Exactly-once: where records wait for the transaction that commits the offsets. */
  readonly outbox?: Outbox;
  readonly emit: (command: EngineCommand) => void;
  /** Ids of records, which no file has. */
  readonly nextRecordId: () => number;
  /** Places that the state topic has of a version that was set aside. */
  readonly chunksOf: (versionId: string) => readonly ChunkPosition[];
  /** Takes what the state topic has of a file that was set aside from there. */
  readonly forget: (versionId: string) => void;
}

type GivenUp = Omit<EngineReport & { kind: 'file-superseded' }, 'kind'> & { readonly supersededBy: string };

/** No file has it. */
const noWork = 0;
/** More of a path are not kept on the state topic: what comes of those before is taken for new. */
const maxPerPath = 20;

/**
 * Gives up versions that never became whole, as a newer one of their path is done: that goes to the state topic, then the offsets
 * move on. A chunk of such a version that comes later opens it again, as the whole content may be uploaded once more, and is the
 * path's last one then. If it does not become whole, it is given up again.
 *
 * Record and offsets belong together as for files that are set aside. Should the version become whole meanwhile, it is processed.
 */
export class Superseding {
  readonly #options: StateWriterOptions;
  readonly #parts: SupersedingParts;
  /** At-least-once: records on their way. */
  readonly #recording = new Map<number, SupersededEntry>();
  /** Versions of which no chunk is held, whose records are on their way. */
  readonly #givingUp = new Map<number, GivenUp>();
  readonly #idsByPath = new Map<string, string[]>();
  /** By the ids of those. */
  readonly #supersededBy = new Map<string, string>();

  constructor(options: StateWriterOptions, parts: SupersedingParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** In the order in which they are on the topic. */
  load(versions: readonly SupersededVersion[]): void {
    const { outcomes, intake } = this.#parts;
    for (const { versionId, path, supersededBy } of versions) {
      // It may have become whole after all, or a chunk of it came while that was on its way.
      if (outcomes.get(versionId) === undefined && intake.find(versionId) === undefined)
        outcomes.load(versionId, 'superseded');
      this.#remember(path, versionId, supersededBy);
    }
  }

  /** Id of the version that superseded it before a chunk of it came again. */
  formerly({ version }: OpenFile): string | undefined {
    return this.#supersededBy.get(version.identity.id);
  }

  /** @param nowMs of the engine's clock */
  begin(file: OpenFile, supersededBy: string, nowMs: number): void {
    const { outbox, emit } = this.#parts;
    const { id, path, fileHash, count } = file.version.identity;
    const message = this.#messageFor(
      { versionId: id, path, sha512: fileHash.toString('hex'), chunkCount: count, supersededBy },
      nowMs,
    );
    const { reopenedCount } = file;
    const isWanted = (): boolean => file.state === 'setting-aside' && file.reopenedCount === reopenedCount;
    const known = new Set(knownChunksOf(file).map(placeText));
    const entry: SupersededEntry = {
      kind: 'superseded',
      file,
      supersededBy,
      known,
      messages: [message],
      isWanted,
    };
    file.state = 'setting-aside';
    if (outbox !== undefined) return outbox.addFirst(entry);
    const workId = this.#parts.nextRecordId();
    this.#recording.set(workId, entry);
    emit({ kind: 'record', workId, message });
  }

  /** A version of which no chunk is held: it was set aside before. Its offsets were committed then. */
  giveUp(versionId: string, file: SetAsideFile, supersededBy: string, nowMs: number): void {
    const { path, sha512, chunkCount, records } = file;
    const message = this.#messageFor({ versionId, path, sha512, chunkCount, supersededBy }, nowMs);
    const indexes = new Set([...records.values()].flat().map(({ index }) => index));
    const workId = this.#parts.nextRecordId();
    this.#givingUp.set(workId, { path, versionId, heldChunkCount: indexes.size, chunkCount, supersededBy });
    this.#parts.emit({ kind: 'record', workId, message });
  }

  /** At-least-once: the record is on the state topic, or Kafka will never take it there. */
  recorded(workId: number, isOnTopic: boolean): void {
    const given = this.#givingUp.get(workId);
    this.#givingUp.delete(workId);
    if (given !== undefined && isOnTopic) this.#gaveUp(given);
    const entry = this.#recording.get(workId);
    if (entry === undefined) return;
    this.#recording.delete(workId);
    if (!isOnTopic) this.refusedAlone(entry);
    else if (this.#isOpen(entry.file) && isIncomplete(entry.file))
      this.#letGo(entry.file, entry.supersededBy);
  }

  /** Exactly-once: these records and the offsets of their files are committed. */
  committed(batch: readonly OutboxEntry[]): void {
    for (const entry of batch) {
      if (entry.kind !== 'superseded' || !this.#isOpen(entry.file)) continue;
      if (isIncomplete(entry.file)) this.#letGo(entry.file, entry.supersededBy);
      else this.#holdRest(entry);
    }
  }

  /** Kafka will never take the record of this very file. */
  refusedAlone({ file, isWanted }: SupersededEntry): void {
    file.mustStayOpen = true;
    if (isWanted()) file.state = 'assembling';
  }

  /** Ids of the records of these files that are not known to be on the state topic. */
  recordIdsOf(files: ReadonlySet<OpenFile>): number[] {
    return idsOf(files, this.#recording);
  }

  /** Nothing goes to the state topic any more. */
  ended(): void {
    for (const { file, isWanted } of this.#recording.values()) if (isWanted()) file.state = 'assembling';
    this.#recording.clear();
    this.#givingUp.clear();
  }

  #gaveUp(given: GivenUp): void {
    const { intake, outcomes } = this.#parts;
    const file = intake.find(given.versionId);
    if (file === undefined) {
      // Unless it was uploaded as a whole meanwhile, and is done.
      if (outcomes.get(given.versionId) !== undefined) return;
      outcomes.load(given.versionId, 'superseded');
      this.#end(given);
    } else if (isIncomplete(file)) {
      this.#letGo(file, given.supersededBy);
    }
  }

  #isOpen(file: OpenFile): boolean {
    return this.#parts.intake.find(file.version.identity.id) === file;
  }

  #letGo(file: OpenFile, supersededBy: string): void {
    const { intake, partitions, outcomes } = this.#parts;
    const { id, path, count: chunkCount } = file.version.identity;
    const { heldCount: heldChunkCount } = file.version;
    intake.remove(file);
    partitions.settle(id);
    outcomes.add({ id, partitions: partitionsOf(file) }, 'superseded');
    outcomes.keep(id);
    this.#end({ path, versionId: id, heldChunkCount, chunkCount, supersededBy });
  }

  /** It became whole, by chunks that came after the commit that settled the others; those of before it was set aside are settled as well. */
  #holdRest({ file, known }: SupersededEntry): void {
    const { partitions, chunksOf } = this.#parts;
    const { id } = file.version.identity;
    const settled = new Set([...known, ...chunksOf(id).map(placeText)]);
    partitions.settle(id);
    partitions.holdAgain(
      id,
      knownChunksOf(file).filter(chunk => !settled.has(placeText(chunk))),
    );
  }

  #end({ supersededBy, ...given }: GivenUp): void {
    this.#remember(given.path, given.versionId, supersededBy);
    this.#parts.forget(given.versionId);
    this.#parts.emit({ kind: 'report', report: { kind: 'file-superseded', ...given } });
  }

  #remember(path: string, versionId: string, supersededBy: string): void {
    this.#supersededBy.set(versionId, supersededBy);
    const ids = (this.#idsByPath.get(path) ?? []).filter(id => id !== versionId);
    ids.push(versionId);
    if (ids.length > maxPerPath) {
      const oldest = ids.shift()!;
      this.#supersededBy.delete(oldest);
      const message = { ...this.#recordOf(supersededKey(oldest)), value: null };
      this.#parts.emit({ kind: 'record', workId: noWork, message });
    }
    this.#idsByPath.delete(path);
    this.#idsByPath.set(path, ids);
  }

  #messageFor(
    file: Pick<SetAsideFile, 'path' | 'sha512' | 'chunkCount'> & { versionId: string; supersededBy: string },
    nowMs: number,
  ): OutgoingMessage {
    const { topic, name, version, groupId, timeOriginMs } = this.#options;
    const supersededAt = new Date(Math.round(timeOriginMs + nowMs)).toISOString();
    const { key, value } = encodeSuperseded({ ...file, supersededAt, name, version, groupId, topic });
    return { ...this.#recordOf(key), value };
  }

  #recordOf(key: string): Omit<OutgoingMessage, 'value'> {
    return { topic: this.#options.stateTopic, key: Buffer.from(key), headers: {} };
  }
}

function isIncomplete({ state, isReadingBack }: OpenFile): boolean {
  return (state === 'assembling' || state === 'setting-aside') && !isReadingBack;
}
