import { EngineCore } from '../../../src/engine/engine-core.js';
import type { EngineCommand, EngineEvent } from '../../../src/engine/messages.js';
import type { DonePath } from '../../../src/engine/outcome-recorder.js';
import type { EngineReport } from '../../../src/engine/reports.js';
import type { OutgoingMessage } from '../../../src/processing/file-work.js';
import { encodeChunk } from '../../../src/wire/encode-chunk.js';
import { decodeRunRecord, type RunRecord } from '../../../src/wire/run-records.js';
import { versionId } from '../../../src/wire/version-id.js';
import { splitFile } from '../../../src/wire/split-file.js';

export const ownTopics = { topic: 'raw', groupId: 'own' };

/** What outlives the runs of a worker: the state topic, which files have an outcome, and what happened. */
export class GuardedWorld {
  readonly log: { readonly key: string; readonly value: Buffer | null }[] = [];
  readonly outcomes = new Map<string, string>();
  readonly calls: string[] = [];
  runCount = 0;

  /** As a worker reads it. */
  get runRecords(): RunRecord[] {
    return this.log.flatMap(({ key, value }) => decodeRunRecord(key, value, ownTopics) ?? []);
  }

  get donePaths(): DonePath[] {
    const done = [...this.outcomes].filter(([, outcome]) => outcome === 'done');
    return done.map(([path]) => ({
      path,
      versionIds: [...splitFile({ filename: path, bytes: Buffer.from(path) })].map(({ fileHash, count }) =>
        versionId(path, fileHash, count),
      ),
    }));
  }

  write(messages: readonly OutgoingMessage[]): void {
    for (const { key, value } of messages)
      this.log.push({ key: Buffer.from(key!).toString(), value: value === null ? null : Buffer.from(value) });
  }
}

export interface GuardedRunOptions {
  readonly world: GuardedWorld;
  /** Those without outcome. */
  readonly paths: readonly string[];
  readonly concurrency: number;
  readonly delivery?: 'at-least-once' | 'exactly-once';
  /** Of the members of the group, beside this one; undefined: not known. */
  readonly otherRuns?: readonly string[];
  /** Calls with these end the process. */
  readonly kills: (path: string) => boolean;
  /** Which of the things under way happens next. */
  readonly choose: (count: number) => number;
}

/** One run of a worker on one partition, from its start to the end of all files or to its death. */
export class GuardedRun {
  readonly runId: string;
  readonly reports: EngineReport[] = [];
  readonly notes: (readonly OutgoingMessage[])[] = [];
  /** Paths that the method is busy with. */
  readonly running = new Set<string>();
  mostRunning = 0;
  isDead = false;
  readonly #options: GuardedRunOptions;
  readonly #core: EngineCore;
  readonly #pending: (() => void)[] = [];
  readonly #unwritten: (EngineCommand & { kind: 'note' })[] = [];

  constructor(options: GuardedRunOptions) {
    const { world, concurrency, delivery = 'at-least-once', otherRuns } = options;
    this.#options = options;
    world.runCount += 1;
    this.runId = `run-${world.runCount}`;
    this.#core = new EngineCore({
      ...ownTopics,
      ...{ name: 'Test', version: '', concurrency, delivery, runId: this.runId },
      ...{ budgetBytes: 1_000_000, maxFileBytes: 1_000_000 },
      ...{ startFrom: 'earliest', placement: 'scattered', stateTopic: 'states', deadLetterTopic: 'dead' },
    });
    const assignment = { epoch: 1, kept: [], added: [0], lost: [] };
    const runs = otherRuns === undefined ? {} : { runs: [...otherRuns, this.runId] };
    this.#handle({ kind: 'assigned', assignment: { ...assignment, ...runs } });
    const committed = { partition: 0, offset: null, metadata: null };
    this.#handle({ kind: 'committed-offset', epoch: 1, committed });
  }

  /** @returns whether the run lived to see all files through */
  run(): boolean {
    const values = this.#options.paths.flatMap(path =>
      [...splitFile({ filename: path, bytes: Buffer.from(path) })].map(chunk => encodeChunk(chunk)),
    );
    const records = values.map((value, at) => ({ offset: BigInt(at), timestampMs: 0, key: null, value }));
    const nextOffset = BigInt(records.length);
    this.#handle({ kind: 'records', epoch: 1, partition: 0, records, nextOffset, highWatermark: nextOffset });
    while (this.#pending.length > 0 && !this.isDead) {
      const [step] = this.#pending.splice(this.#options.choose(this.#pending.length), 1);
      step!();
      this.#handle({ kind: 'tick' });
    }
    return !this.isDead;
  }

  /** A generation in which it keeps its partition. @param otherRuns of the members, beside this one */
  regroup(otherRuns: readonly string[]): void {
    const assignment = { epoch: 2, kept: [0], added: [], lost: [], runs: [...otherRuns, this.runId] };
    this.#handle({ kind: 'assigned', assignment });
  }

  /** As the end of a worker that is stopped. */
  close(): void {
    this.#options.world.write(this.#core.closingMessages);
  }

  #handle(event: EngineEvent): void {
    if (this.isDead) return;
    for (const command of this.#core.handle(event, this.#options.world.runCount * 1_000))
      this.#carryOut(command);
  }

  #later(event: EngineEvent, act = (): void => undefined): void {
    this.#pending.push(() => {
      act();
      this.#handle(event);
    });
  }

  #carryOut(command: EngineCommand): void {
    const { world } = this.#options;
    switch (command.kind) {
      case 'read-outcomes': {
        const { readId } = command;
        const read = { kind: 'outcomes-read', readId, setAside: [], superseded: [], isKept: true } as const;
        const { runRecords, donePaths: paths } = world;
        this.#pending.push(() => this.#handle({ ...read, paths, runRecords }));
        return;
      }
      case 'verify':
        return this.#later({ kind: 'verified', workId: command.workId, matches: true });
      case 'note':
        this.notes.push(command.messages);
        this.#unwritten.push(command);
        this.#pending.push(() => this.#writeNext());
        return;
      case 'process':
        return this.#call(command.file.workId, command.file.info.path);
      case 'record':
        return this.#later({ kind: 'recorded', workId: command.workId, isOnTopic: true });
      case 'dead-letter':
        return this.#later({ kind: 'dead-lettered', workId: command.workId });
      case 'commit': {
        const { commitId, messages } = command;
        return this.#later({ kind: 'commit-ended', commitId, result: 'committed' }, () =>
          world.write(messages),
        );
      }
      case 'report': {
        const { report } = command;
        this.reports.push(report);
        if (report.kind === 'file-done') world.outcomes.set(report.file.path, 'done');
        if (report.kind === 'file-failed') world.outcomes.set(report.file.path, report.reason);
        return;
      }
      default:
    }
  }

  /** Notes get to the topic in their order. */
  #writeNext(): void {
    const { noteId, messages } = this.#unwritten.shift()!;
    this.#options.world.write(messages);
    this.#handle({ kind: 'noted', noteId });
  }

  #call(workId: number, path: string): void {
    this.running.add(path);
    this.mostRunning = Math.max(this.mostRunning, this.running.size);
    this.#pending.push(() => {
      this.#options.world.calls.push(path);
      if (this.#options.kills(path)) {
        this.isDead = true;
        return;
      }
      this.running.delete(path);
      const outcome = { kind: 'done', messages: [] } as const;
      this.#handle({ kind: 'settled', settled: { workId, outcome, attempts: 1, processingMs: 1 } });
    });
  }
}
