import type { OutgoingMessage } from '../../processing/file-work.js';
import type { StateReader } from '../../wire/file-state.js';
import type { AnnouncedCall, CountedRun, PartitionReader, RunRecord } from '../../wire/run-records.js';
import type { EngineCommand } from '../messages.js';
import { partitionsOf, type OpenFile } from '../open-file.js';
import type { RecentOutcomes } from '../recent-outcomes.js';
import { countDeath, deathsOf, takeOff } from './counted-deaths.js';
import { RunNotes } from './run-notes.js';

export interface CrashGuardOptions extends StateReader {
  readonly stateTopic: string;
  /** Of this run of the worker, and of no other. */
  readonly runId: string;
  /** Files that are called at the same time. */
  readonly concurrency: number;
  /** A file is not called any more after so many deaths; default 3. */
  readonly crashLimit?: number;
  /** Whether a file that is done is processed again when it is uploaded again. */
  readonly reprocessIdentical?: boolean;
  /** Milliseconds since 1970 at which the engine's clock was 0. */
  readonly timeOriginMs: number;
}

export interface CrashGuardParts {
  readonly outcomes: RecentOutcomes;
  /** Whether it is still being read what became of files elsewhere. */
  readonly awaitsOutcomes: () => boolean;
  readonly emit: (command: EngineCommand) => void;
}

/**
 * In so many of its deaths a file must have been called alone to be given up: of those that were called at the same time only one may
 * be to blame, and who is stopped hard some times in a row loses no file by it.
 */
const leastDeathsAlone = 2;
/** After a death that no record explains, so many files are announced; twice as many when that was not enough. */
const fewestAnnounced = 1_000;

/** `call` and `announce`: now; to announce is to write a record and to wait until it is there. `alone`: as well, with no other beside it. */
export type CallVerdict = 'call' | 'announce' | 'alone' | 'wait' | 'give-up';

/**
 * Keeps a file that ends the process (a crash in native code, too little memory, `process.exit`) from being tried for ever.
 *
 * A run that ends by itself takes back its word that it reads its partitions. Who gets a partition of which somebody else still
 * says so, and is not in the group any more, knows that a run died, and not with which file. So from then on it announces each
 * file on the state topic before the method is called. When that run dies too, the next one finds what was announced: these are
 * suspects, and are called alone, one after the other, so that the next death has one suspect. A worker that does not die writes
 * nothing per file.
 *
 * A member that is frozen or cut off is not in the group either, and no death. So it is kept which runs are counted against a file, and
 * in each generation those that are in the group are taken off. Only who has a partition of a file writes its record. What a former
 * owner has on its way may still come after that: then a run is counted that was taken off, until the next generation with it, or the
 * present call is not known, and a death of it not counted. Neither lets a file be given up for a run that is in the group.
 */
export class CrashGuard {
  readonly #options: CrashGuardOptions;
  readonly #parts: CrashGuardParts;
  readonly #notes: RunNotes;
  /** As the state topic has it. */
  readonly #readers = new Map<number, PartitionReader>();
  readonly #calls = new Map<string, AnnouncedCall>();
  readonly #announcements = new Map<number, number>();
  /** Runs that died while they read a partition that this run got after them. */
  readonly #deaths = new Map<number, string>();
  #lastNoteId = 0;
  /** The note without which nothing may be called. */
  #openingNote: number | undefined;
  #leftToAnnounce = 0;

  constructor(options: CrashGuardOptions, parts: CrashGuardParts) {
    this.#options = options;
    this.#parts = parts;
    this.#notes = new RunNotes(options);
  }

  /** Whether the method may be called: from now on a death would be noticed. */
  get isReady(): boolean {
    return this.#openingNote === undefined;
  }

  /** Whether files are announced, so that none may wait where it would count as called. */
  get announces(): boolean {
    return this.#leftToAnnounce > 0;
  }

  /** What the state topic says that was not read before, in its order. */
  load(records: readonly RunRecord[]): void {
    for (const record of records) {
      if (record.kind === 'reader') {
        if (record.reader === undefined) this.#readers.delete(record.partition);
        else this.#readers.set(record.partition, record.reader);
      } else if (record.call === undefined) {
        this.#calls.delete(record.versionId);
      } else {
        this.#calls.set(record.versionId, record.call);
      }
    }
  }

  /**
   * A generation: these partitions are this run's, and what the state topic says is loaded.
   *
   * @param runs of the members of the group in this generation; undefined: not known
   * @param nowMs of the engine's clock
   */
  begin(partitions: readonly number[], runs: readonly string[] | undefined, nowMs: number): void {
    const { runId } = this.#options;
    const isAlive = (id: string): boolean => id === runId || runs?.includes(id) === true;
    for (const [partition, id] of this.#deaths) if (isAlive(id)) this.#deaths.delete(partition);
    if (partitions.length === 0) return;
    const dead = partitions
      .flatMap(partition => this.#readers.get(partition) ?? [])
      .filter(reader => !isAlive(reader.runId));
    const changed = new Set(this.#forgetDone());
    // Where another member has the file, that one counts.
    const own = [...this.#calls.values()].filter(call =>
      call.partitions.some(one => partitions.includes(one)),
    );
    for (const versionId of this.#takeOff(own, isAlive)) changed.add(versionId);
    if (dead.length > 0) for (const versionId of this.#count(dead, own)) changed.add(versionId);
    const messages = [
      ...[...changed].map(versionId => this.#notes.calling(versionId, this.#calls.get(versionId))),
      ...partitions
        .filter(partition => this.#readers.get(partition)?.runId !== runId)
        .map(partition => this.#readingMessage(partition, nowMs)),
    ];
    if (messages.length > 0) this.#openingNote = this.#note(messages);
  }

  /** What a run that died right then had no time to remove. A file that is done may be called once more when it is to be processed again. */
  #forgetDone(): string[] {
    if (this.#options.reprocessIdentical === true) return [];
    const done = [...this.#calls.keys()].filter(id => this.#parts.outcomes.get(id) !== undefined);
    for (const id of done) this.#calls.delete(id);
    return done;
  }

  /** Runs that were counted, and are in the group again. */
  #takeOff(own: readonly AnnouncedCall[], isAlive: (runId: string) => boolean): string[] {
    return own.flatMap(call => {
      const rest = takeOff(call, isAlive);
      if (rest === call) return [];
      if (rest.deaths === 0 && rest.runId === undefined) this.#calls.delete(call.versionId);
      else this.#calls.set(call.versionId, rest);
      return [call.versionId];
    });
  }

  /** A death or several: which files may have been called then. */
  #count(dead: readonly PartitionReader[], own: readonly AnnouncedCall[]): string[] {
    for (const { partition, runId } of dead) this.#deaths.set(partition, runId);
    const runs = new Set(dead.map(({ runId }) => runId));
    const isSuspect = ({ runId }: AnnouncedCall): boolean => runId !== undefined && runs.has(runId);
    const suspects = [...this.#calls.values()].filter(isSuspect);
    const announced = Math.max(...dead.map(({ announcedFiles }) => announcedFiles));
    // With suspects as well: beside the one that is found there may be another, which may be the one of the first death.
    this.#leftToAnnounce = suspects.length > 0 ? announced : Math.max(fewestAnnounced, 2 * announced);
    const paths = suspects.map(({ path }) => path);
    this.#parts.emit({ kind: 'report', report: { kind: 'run-died', suspects: paths } });
    const counted = own.flatMap(({ versionId }) => this.#calls.get(versionId) ?? []).filter(isSuspect);
    for (const call of counted) this.#calls.set(call.versionId, countDeath(call));
    return counted.map(({ versionId }) => versionId);
  }

  /** @param inHandCount files that are called now, or may be at any time */
  judge(file: OpenFile, inHandCount: number): CallVerdict {
    const call = this.#calls.get(file.version.identity.id);
    if (call === undefined) return this.#leftToAnnounce > 0 ? 'announce' : 'call';
    const { crashLimit = 3 } = this.#options;
    if (call.deaths >= crashLimit && call.deathsAlone >= Math.min(leastDeathsAlone, crashLimit))
      // Who is counted may be in the group again.
      return this.#parts.awaitsOutcomes() ? 'wait' : 'give-up';
    return inHandCount > 0 ? 'wait' : 'alone';
  }

  /** Runs that may have been ended by calls with this file. */
  deathsOf(file: OpenFile): number {
    return this.#calls.get(file.version.identity.id)?.deaths ?? 0;
  }

  /** The file is to be called once its record is on the topic. */
  announce(file: OpenFile, nowMs: number): void {
    const { id: versionId, path } = file.version.identity;
    const known = this.#calls.get(versionId);
    const against = known ?? deathsOf(this.#deathsOn(partitionsOf(file)));
    const { deaths, deathsAlone, countedRuns } = against;
    const isAlone = known !== undefined || this.#options.concurrency === 1;
    if (known === undefined) this.#leftToAnnounce -= 1;
    const { runId } = this.#options;
    const partitions = partitionsOf(file);
    const counted = { deaths, deathsAlone, countedRuns };
    const call = { versionId, path, partitions, ...counted, isAlone, runId, at: this.#at(nowMs) };
    this.#calls.set(versionId, call);
    this.#announcements.set(this.#note([this.#notes.calling(versionId, call)]), file.workId);
  }

  /** The death that made this run announce may have been the doing of any file there. */
  #deathsOn(partitions: readonly number[]): readonly CountedRun[] {
    const runId = partitions.flatMap(partition => this.#deaths.get(partition) ?? [])[0];
    return runId === undefined ? [] : [{ runId, isAlone: false }];
  }

  /** The records are on the topic, or Kafka will never take them. @returns the file that may be called now */
  noted(noteId: number): number | undefined {
    if (noteId === this.#openingNote) this.#openingNote = undefined;
    const workId = this.#announcements.get(noteId);
    this.#announcements.delete(noteId);
    return workId;
  }

  /**
   * The method came back, or the file has its outcome: it is no suspect any more. Not part of a transaction, as the next call is
   * announced before that is committed, and must be the only suspect then.
   */
  forget(versionId: string): void {
    if (this.#calls.delete(versionId)) this.#note([this.#notes.calling(versionId, undefined)]);
  }

  /** What says that this run ended by itself, and not by a call. */
  closing(partitions: readonly number[]): OutgoingMessage[] {
    return partitions
      .filter(partition => this.#readers.get(partition)?.runId === this.#options.runId)
      .map(partition => this.#notes.readNoMore(partition));
  }

  #note(messages: readonly OutgoingMessage[]): number {
    this.#lastNoteId += 1;
    this.#parts.emit({ kind: 'note', noteId: this.#lastNoteId, messages });
    return this.#lastNoteId;
  }

  #readingMessage(partition: number, nowMs: number): OutgoingMessage {
    const { runId } = this.#options;
    const since = this.#at(nowMs);
    const reader = { partition, runId, announcedFiles: this.#leftToAnnounce, since };
    this.#readers.set(partition, reader);
    return this.#notes.reading(reader);
  }

  #at(ms: number): string {
    return new Date(Math.round(this.#options.timeOriginMs + ms)).toISOString();
  }
}
