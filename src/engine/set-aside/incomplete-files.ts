import { placeText, type ChunkPosition } from '../../assembly/held-chunk.js';
import type { Placement } from '../../config/placements.js';
import { namedVersionCount } from '../../offsets/commit-metadata.js';
import type { OutgoingMessage } from '../../processing/file-work.js';
import type { SupersededVersion } from '../../wire/superseded-record.js';
import type { ChunkIntake } from '../chunk-intake.js';
import type { EngineCommand } from '../messages.js';
import { describeFile, uploadTimesOfFile, type OpenFile } from '../open-file.js';
import type { OutcomeRecorder } from '../outcome-recorder.js';
import type { Outbox, OutboxEntry, SetAsideEntry, SupersededEntry } from '../outbox.js';
import type { OwnedPartitions } from '../owned-partitions.js';
import type { ReadBackFiles } from '../read-back-files.js';
import type { RecentOutcomes } from '../recent-outcomes.js';
import { IncompleteWatch, isWaiting } from './incomplete-watch.js';
import { SetAsideFiles, type StoredSetAside } from './set-aside-files.js';
import { SetAsideVerdicts } from './set-aside-verdicts.js';
import { SettingAside } from './setting-aside.js';
import { Superseding } from './superseding.js';

export interface IncompleteFilesOptions {
  /** Topic with the chunks. */
  readonly topic: string;
  /** Undefined: nothing is set aside. */
  readonly stateTopic?: string;
  readonly incompleteAfterMs?: number;
  readonly placement: Placement;
  /** Name and version of the class. */
  readonly name: string;
  readonly version: string;
  readonly groupId?: string;
  readonly timeOriginMs?: number;
  /** Whether a file that is done is processed again when it is uploaded again. */
  readonly reprocessIdentical?: boolean;
}

/** What the state topic says of versions that never became whole. */
export interface StoredIncomplete {
  readonly setAside: readonly StoredSetAside[];
  readonly superseded: readonly SupersededVersion[];
}

export interface IncompleteFilesParts {
  readonly intake: ChunkIntake;
  readonly partitions: OwnedPartitions;
  readonly outcomes: RecentOutcomes;
  readonly readBack: ReadBackFiles;
  /** Knows which versions are done; undefined: outcomes are not kept. */
  readonly recorder: () => OutcomeRecorder | undefined;
  /** Retention removed chunks of a file that is set aside. */
  readonly onLost: (file: OpenFile, missing: readonly ChunkPosition[]) => void;
  readonly outbox?: Outbox;
  readonly emit: (command: EngineCommand) => void;
}

/** No file has it. */
const noWork = 0;
/** Of a reading that nothing waits for. */
const besideReadId = 0;
/** How often room is looked for, as that looks at each open version. */
const makeRoomEveryMs = 500;
/** Of the unfinished files that a commit can name: above, those that are idle for the longest are set aside, down to the second. */
const fullShare = { most: 0.75, least: 0.5 } as const;

/**
 * What becomes of files whose rest does not come: they are watched, set aside, and completed when it comes after all; or given up, once a
 * newer version of their path is done.
 */
export class IncompleteFiles {
  /** What the state topic has. */
  readonly known = new SetAsideFiles();
  readonly #options: IncompleteFilesOptions;
  readonly #parts: IncompleteFilesParts;
  readonly #watch: IncompleteWatch;
  readonly #verdicts: SetAsideVerdicts;
  readonly #timeOriginMs: number;
  /** Undefined: there is no state topic. */
  #settingAside: SettingAside | undefined;
  /** Undefined: there is no state topic. */
  #superseding: Superseding | undefined;
  #lastRecordId = 0;
  #makeRoomAtMs = 0;

  constructor(options: IncompleteFilesOptions, parts: IncompleteFilesParts) {
    const { stateTopic, groupId = '', timeOriginMs = 0 } = options;
    this.#options = options;
    this.#parts = parts;
    this.#timeOriginMs = timeOriginMs;
    this.#watch = new IncompleteWatch({ ...options, newerThan: file => this.#newerThan(file) });
    const forget = (versionId: string): void => this.#forget(versionId);
    this.#verdicts = new SetAsideVerdicts({
      ...parts,
      known: this.known,
      forget,
      onOutdated: (...outdated) => this.#superseding?.giveUp(...outdated),
    });
    if (stateTopic === undefined) return;
    // Those of files are positive.
    const nextRecordId = (): number => (this.#lastRecordId -= 1);
    const ownOptions = { ...options, stateTopic, groupId, timeOriginMs };
    const onKept = (versionId: string, path: string): void => {
      // It may be lost by then, or a newer version done; one of which a chunk came again is set aside once more.
      const isOver =
        parts.outcomes.get(versionId) !== undefined && parts.intake.find(versionId) === undefined;
      if (isOver) forget(versionId);
      this.#verdicts.noteOutdated(path);
    };
    this.#settingAside = new SettingAside(ownOptions, { ...parts, nextRecordId, files: this.known, onKept });
    const chunksOf = (versionId: string) => this.known.chunksOf(versionId);
    this.#superseding = new Superseding(ownOptions, { ...parts, nextRecordId, chunksOf, forget });
  }

  assigned(): void {
    this.#watch.reset();
  }

  /** Nothing goes to the state topic any more, or there is none. */
  recordingEnded(): void {
    this.#settingAside?.ended();
    this.#settingAside = undefined;
    this.#superseding?.ended();
    this.#superseding = undefined;
  }

  recorded(workId: number, isOnTopic: boolean): void {
    this.#settingAside?.recorded(workId, isOnTopic);
    this.#superseding?.recorded(workId, isOnTopic);
  }

  committed(batch: readonly OutboxEntry[]): void {
    this.#settingAside?.committed(batch);
    this.#superseding?.committed(batch);
  }

  refusedAlone(entry: SetAsideEntry | SupersededEntry): void {
    if (entry.kind === 'set-aside') this.#settingAside?.refusedAlone(entry);
    else this.#superseding?.refusedAlone(entry);
  }

  /** Partitions of these files were lost. @returns the ids of their records that are not known to be on the state topic */
  drop(files: ReadonlySet<OpenFile>): number[] {
    return [this.#settingAside, this.#superseding].flatMap(records => records?.recordIdsOf(files) ?? []);
  }

  /** @returns whether it is to be asked where the partitions end */
  tick(nowMs: number): boolean {
    const { intake, partitions } = this.#parts;
    this.#makeRoom(nowMs);
    this.#judge(nowMs);
    // Retention may remove chunks of what is set aside at any time.
    return partitions.hasAssignment && this.#watch.shouldAsk(intake.files, nowMs, this.known.size > 0);
  }

  ended(
    ends: ReadonlyMap<number, bigint> | undefined,
    starts: ReadonlyMap<number, bigint> = new Map(),
    nowMs: number,
  ): void {
    this.#verdicts.startsTold(starts);
    this.#watch.ended(ends);
    this.#judge(nowMs);
  }

  /** @param hasEnded whether a version has an outcome, so that it is not set aside any more */
  load({ setAside, superseded }: StoredIncomplete, hasEnded: (versionId: string) => boolean): void {
    this.#superseding?.load(superseded);
    this.known.load(setAside);
    // All of them: what is read may be of a newer version of one that was known before.
    for (const id of [...this.known.all.keys()])
      if (hasEnded(id)) this.#forget(id);
      else this.#verdicts.noteIfOutdated(id);
    for (const file of this.#parts.intake.files) this.resume(file);
  }

  /**
   * A chunk of the file is held: are the others known? All of them are read then, also where other chunks have their place, which may
   * be damaged or lie about it.
   *
   * @returns whether chunks of it are being read: it is not complete before
   */
  resume(file: OpenFile): boolean {
    const { id, count, path } = file.version.identity;
    if (file.isReadingBack) return true;
    this.#noteTimes(file);
    const all = this.known.chunksOf(id);
    if (file.state !== 'assembling' || all.length === file.readBackCount) return false;
    const held = file.version.heldChunks;
    if (held.length + all.length < count) return false;
    if (new Set([...held, ...all].map(({ index }) => index)).size < count) return false;
    const heldPlaces = new Set(held.map(placeText));
    const chunks = all.filter(chunk => !heldPlaces.has(placeText(chunk)));
    file.readBackCount = all.length;
    const report = { kind: 'file-resumed', path, chunkCount: chunks.length } as const;
    this.#parts.emit({ kind: 'report', report });
    this.#parts.readBack.begin(file, chunks);
    return true;
  }

  /** When chunks of it were written that were read before it was set aside: a copy that came later says nothing of that. */
  #noteTimes(file: OpenFile): void {
    const known = this.known.get(file.version.identity.id)?.uploaded;
    if (known === undefined) return;
    file.firstWrittenAtMs = Math.min(file.firstWrittenAtMs, known.firstWrittenAtMs - this.#timeOriginMs);
    file.chunkWrittenAtMs = Math.max(file.chunkWrittenAtMs, known.lastWrittenAtMs - this.#timeOriginMs);
  }

  /** Messages that take the records of a file from the state topic. */
  removalOf(versionId: string): OutgoingMessage[] {
    return this.#removals(this.known.keysOf(versionId));
  }

  /** The file has its outcome. */
  settled({ version: { identity }, removedCount }: OpenFile): void {
    // Else they were removed in the transaction that settled the file.
    if (this.known.keysOf(identity.id).length > removedCount) this.#forget(identity.id);
    else this.known.remove(identity.id);
    this.#verdicts.noteOutdated(identity.path);
  }

  #removals(keys: readonly string[]): OutgoingMessage[] {
    const { stateTopic: topic } = this.#options;
    if (topic === undefined || this.#settingAside === undefined) return [];
    return keys.map(key => ({ topic, key: Buffer.from(key), value: null, headers: {} }));
  }

  #forget(versionId: string): void {
    for (const message of this.#removals(this.known.remove(versionId)))
      this.#parts.emit({ kind: 'record', workId: noWork, message });
  }

  #judge(nowMs: number): void {
    const { intake, partitions } = this.#parts;
    const found = this.#watch.judge(intake.files, partitions, nowMs);
    if (found === undefined) return;
    for (const { file, by } of found.superseded) this.#superseding?.begin(file, by, nowMs);
    this.#verdicts.judge(nowMs);
    // Unless that gave some of them up, as chunks of them are gone.
    const [stalled, due] = [found.stalled.filter(isWaiting), found.due.filter(isWaiting)];
    for (const file of stalled) this.#reportStalled(file);
    // Another member may have set the other part of it aside.
    if (stalled.length > 0 && this.#options.placement === 'by-file' && this.#settingAside !== undefined)
      this.#parts.emit({ kind: 'read-outcomes', readId: besideReadId });
    for (const file of due) {
      if (this.#wasDoneElsewhere(file)) {
        intake.remove(file);
        partitions.settle(file.version.identity.id);
        continue;
      }
      const by = this.#superseding?.formerly(file);
      if (by === undefined) this.#settingAside?.begin(file, 'incomplete', nowMs);
      else this.#superseding?.begin(file, by, nowMs);
    }
  }

  /** At-least-once: by a member that had lost the partition, which was known when chunks of it had been read already. */
  #wasDoneElsewhere({ version }: OpenFile): boolean {
    return (
      this.#options.reprocessIdentical !== true && this.#parts.outcomes.get(version.identity.id) === 'done'
    );
  }

  #newerThan(file: OpenFile): string | undefined {
    const times = uploadTimesOfFile(file, this.#timeOriginMs);
    return times && this.#parts.recorder()?.newerThan(file.version.identity.path, times);
  }

  #reportStalled(file: OpenFile): void {
    const { topic, incompleteAfterMs } = this.#options;
    const isKept = this.#settingAside !== undefined && incompleteAfterMs !== undefined;
    this.#parts.emit({
      kind: 'report',
      report: {
        kind: 'file-stalled',
        file: describeFile(file, topic),
        heldChunkCount: file.version.heldCount,
        sinceMs: Math.round(this.#timeOriginMs + file.chunkWrittenAtMs),
        ...(isKept ? { incompleteAfterMs } : {}),
      },
    });
  }

  /** A commit names the files that are unfinished: it must not come to more than it can name. */
  #makeRoom(nowMs: number): void {
    const { intake, partitions } = this.#parts;
    const most = namedVersionCount() * fullShare.most;
    if (this.#settingAside === undefined || partitions.mostOpenVersions <= most) return;
    if (nowMs < this.#makeRoomAtMs || !partitions.isPastResumeEnd) return;
    // It looks at each open version.
    this.#makeRoomAtMs = nowMs + makeRoomEveryMs;
    for (const open of partitions.openVersions.values()) {
      const files = open.map(id => intake.find(id)).filter(file => file !== undefined);
      const staying = files.filter(({ state }) => state !== 'setting-aside');
      if (staying.length <= most) continue;
      const idle = staying.filter(isWaiting).sort((a, b) => a.lastChunkAtMs - b.lastChunkAtMs);
      const tooMany = staying.length - Math.floor(namedVersionCount() * fullShare.least);
      for (const file of idle.slice(0, tooMany)) this.#settingAside.begin(file, 'too-many', nowMs);
    }
  }
}
