import type { Fact, FactOf } from '../facts.js';
import type { Truth } from '../truth.js';
import { GivenUpView } from './given-up-view.js';
import { GroupView } from './group-view.js';
import { SetAsideView } from './set-aside-view.js';
import { readDone } from './read-done.js';
import { readSuperseded, type ReadSuperseded } from './superseded-view.js';
import { VersionRecord } from './version-record.js';
import { type Call, WorkerView } from './worker-view.js';

/**
 * Judges a history by the promises of delivery. It knows the uploads and what was to be seen at the broker and
 * at the methods; it shares no code with the engine.
 *
 * @returns one sentence per violation
 */
export function judge(truth: Truth, facts: readonly Fact[], promised: Promised): string[] {
  const judgement = new Judgement(truth, promised);
  for (const fact of facts) judgement.take(fact);
  judgement.end();
  return judgement.violations;
}

/** What was promised in this history. */
export interface Promised {
  readonly delivery: 'at-least-once' | 'exactly-once';
  /** With a state topic: incomplete files hold nothing up. */
  readonly incompleteAfterMs?: number;
}

class Judgement {
  readonly violations: string[] = [];
  readonly #versions: readonly VersionRecord[];
  readonly #group = new GroupView();
  readonly #workers = new Map<string, WorkerView>();
  readonly #ends = new Map<number, number>();
  /** How often a partition's reading began. */
  readonly #beginnings = new Map<number, number>();
  #owners: ReadonlyMap<number, string> = new Map();
  /** Results and offsets are one transaction, and each result is visible once. */
  readonly #isOnce: boolean;
  readonly #setsAside: boolean;
  readonly #logStarts = new Map<number, number>();
  readonly #setAside = new SetAsideView();
  readonly #givenUp = new GivenUpView();
  /** When each worker was told where the partitions end. */
  readonly #endsTold = new Map<string, number[]>();
  readonly #atEnd: (() => void)[] = [];
  /** Exactly-once: results that became visible; the offsets of their transaction come right after them. */
  #shown: VersionRecord[] = [];

  constructor(truth: Truth, { delivery, incompleteAfterMs }: Promised) {
    this.#isOnce = delivery === 'exactly-once';
    this.#setsAside = incompleteAfterMs !== undefined;
    this.#versions = truth.versions.map(version => new VersionRecord(version));
  }

  take(fact: Fact): void {
    switch (fact.kind) {
      case 'chunk':
        this.#ends.set(fact.partition, fact.offset + 1);
        return this.#versions[fact.chunk.upload ?? -1]?.take(fact);
      case 'retention':
        this.#logStarts.set(fact.partition, fact.logStart);
        return this.#versions.forEach(version => version.removeBelow(fact.partition, fact.logStart));
      case 'generation':
        this.#owners = fact.owners;
        return;
      case 'assigned':
        this.#givenUp.assigned(fact);
        this.#worker(fact.worker).assign(fact, this.#versions, version => this.#group.hasFinished(version));
        return;
      case 'offset-read':
        return this.#offsetRead(fact);
      case 'started':
        return this.#started(fact);
      case 'ended':
        this.#call(fact).hasEnded = true;
        return;
      case 'sent':
        return this.#sent(fact);
      case 'result':
        return this.#result(fact);
      case 'state':
        this.#checkGivenUp(fact);
        return this.#state(fact);
      case 'ends-told':
        this.#endsTold.set(fact.worker, [...(this.#endsTold.get(fact.worker) ?? []), fact.atMs]);
        return;
      case 'acknowledged':
        this.#call(fact).isAcknowledged = true;
        this.#call(fact).version.isAcknowledged = true;
        return;
      case 'offsets-accepted':
        return this.#checkOwner(fact);
      case 'transaction-begun':
        return this.#worker(fact.worker).begin(fact);
      case 'transaction-decided':
        return this.#decided(fact);
      case 'transaction-told':
        return this.#worker(fact.worker).end();
      case 'committed':
        return this.#committed(fact);
      case 'offsets-moved':
        return this.#group.move(fact.offsets);
      case 'worker-ended':
        this.#givenUp.ended(fact);
        return this.#workerEnded(fact);
      case 'worker-killed':
        this.#givenUp.ended(fact);
    }
  }

  end(): void {
    for (const check of this.#atEnd) check();
    for (const version of this.#versions)
      if (version.isDue && version.resultCount === 0) this.#violation(`${version.name} never got a result`);
    for (const [partition, end] of this.#ends) this.#checkEnd(partition, end);
    if (this.#setsAside && !this.#group.wasMoved) this.#checkSuperseded();
    if (this.#setsAside && !this.#group.wasMoved) this.#checkLost();
  }

  /** Nothing that is left open explains it when less than the whole partition is committed. */
  #checkEnd(partition: number, end: number): void {
    // Without a restart a process knows late copies of what it has finished; after one they look like a new upload.
    const mayBeReopened = [...this.#beginnings.values()].some(count => count > 1);
    const isExplained = this.#versions.some(
      version =>
        !this.#setsAside &&
        version.liesIn(partition) &&
        (!version.isDue || version.isCut || (version.truth.hasExtras && mayBeReopened)),
    );
    const offset = this.#group.offsetOf(partition);
    if (isExplained || this.#group.wasMoved || offset === end) return;
    this.#violation(
      `partition ${partition} ends at ${end}, but only ${String(offset)} was committed in the end`,
    );
  }

  #offsetRead({ worker, partition }: FactOf<'offset-read'>): void {
    this.#beginnings.set(partition, (this.#beginnings.get(partition) ?? 0) + 1);
    const { finishedAtStart } = this.#worker(worker);
    for (const version of this.#versions) {
      // Of others the worker may have chunks from before, and be a member no more.
      if (!version.liesIn(partition)) continue;
      if (this.#group.hasFinished(version)) finishedAtStart.add(version);
      else finishedAtStart.delete(version);
    }
  }

  #started({ worker, callId, content }: FactOf<'started'>): void {
    const version = this.#versions.find(
      ({ truth }) => truth.path === content.path && truth.sha512 === content.sha512,
    );
    if (version === undefined) return this.#violation(`${content.path}: a method saw what nobody uploaded`);
    if (!version.truth.bytes.equals(content.bytes))
      this.#violation(`${version.name}: the method saw other bytes than the uploaded ones`);
    this.#checkResultId(version, content.resultId);
    const view = this.#worker(worker);
    if (view.finishedAtStart.has(version) && !version.truth.hasExtras)
      this.#violation(
        `${version.name} was processed again by ${worker}, though its outcome had been committed`,
      );
    for (const call of view.currentCalls) {
      if (call.version === version && !version.truth.hasExtras)
        this.#violation(`${version.name} was processed twice by ${worker}`);
      if (call.content.path === content.path && !call.hasEnded)
        this.#violation(`${version.name} was processed by ${worker} beside another version of its path`);
    }
    view.calls.set(callId, {
      version,
      content,
      isStale: false,
      mayStartAnew: false,
      hasEnded: false,
      wasSettled: false,
      isAcknowledged: false,
    });
  }

  #checkResultId(version: VersionRecord, resultId: string): void {
    version.resultId ??= resultId;
    if (version.resultId !== resultId) this.#violation(`${version.name} has results with different ids`);
    const other = this.#versions.find(one => one !== version && one.resultId === resultId);
    if (other !== undefined) this.#violation(`${version.name} and ${other.name} have the same result id`);
  }

  #sent(fact: FactOf<'sent'>): void {
    const { version, isStale } = this.#call(fact);
    // In a transaction it does not become visible unless the broker takes the offsets from this very generation.
    if (isStale && !this.#isOnce)
      this.#violation(`${version.name}: ${fact.worker} sent a result of work from before it lost partitions`);
  }

  #result(fact: FactOf<'result'>): void {
    const { version } = this.#call(fact);
    version.noteResult(this.#setAside.placesOf(version));
    if (this.#isOnce) this.#shown.push(version);
    if (this.#isOnce && version.resultCount > 1 && !version.truth.hasExtras && !this.#group.wasMoved)
      this.#violation(
        `${version.name} has ${version.resultCount} results that readers of committed records see`,
      );
    if (!version.truth.bytes.equals(fact.content.bytes))
      this.#violation(`${version.name} has a wrong result`);
  }

  #checkOwner({ worker, offsets }: FactOf<'committed' | 'offsets-accepted'>): void {
    for (const { partition } of offsets)
      if (this.#owners.get(partition) !== worker)
        this.#violation(
          `${worker} committed partition ${partition}, which is ${String(this.#owners.get(partition))}'s`,
        );
  }

  #committed(fact: FactOf<'committed'>): void {
    const { worker, offsets } = fact;
    // The offsets of a transaction were accepted before, maybe in another generation.
    if (!this.#isOnce) this.#checkOwner(fact);
    for (const { partition, offset } of offsets) {
      const before = this.#group.offsetOf(partition);
      if (before !== undefined && offset < before)
        this.#violation(`${worker} put partition ${partition} back from ${before} to ${offset}`);
    }
    this.#group.commit(offsets);
    for (const version of this.#shown.splice(0))
      if (!this.#group.hasFinished(version) && !version.truth.hasExtras && !this.#group.wasMoved)
        this.#violation(
          `${worker} showed a result of ${version.name} without committing its outcome with it`,
        );
    for (const version of this.#versions) {
      const hasEnded = version.resultCount > 0 || version.willBeDone || version.willBeSuperseded;
      if (hasEnded || version.isExcused || version.isGivenUp) continue;
      const lost = this.#group.lostChunkOf(version, this.#setAside);
      if (lost !== undefined)
        this.#violation(`${worker} committed past chunk ${lost} of ${version.name}, which has no result`);
    }
  }

  /** Who knows that a version is done or superseded may remove its record before all others can see that. */
  #decided({ states }: FactOf<'transaction-decided'>): void {
    for (const state of states) {
      const superseded = readSuperseded(state);
      const ended = superseded ?? readDone(state);
      const version = this.#versions.find(({ id }) => id === ended?.versionId);
      if (version === undefined) continue;
      if (superseded === undefined) version.willBeDone = true;
      else version.willBeSuperseded = true;
    }
  }

  /** Only when all that was on the topic is read may a file be taken for incomplete. */
  #state({ worker, key, value }: FactOf<'state'>): void {
    const superseded = readSuperseded({ key, value });
    if (superseded !== undefined) return this.#superseded(worker, superseded);
    this.#checkLostTruly(value);
    const record = this.#setAside.take(key, value);
    const setAside = this.#versions.find(({ id }) => id === record?.versionId);
    const isOwned = record?.partitions.every(partition => this.#owners.get(partition) === worker);
    if (setAside !== undefined && isOwned === false) setAside.isSetAsideLate = true;
    if (record?.reason !== 'incomplete') return;
    this.#checkIncomplete(worker, record, 'set aside');
  }

  /** No method here ends its process. */
  #checkGivenUp(fact: FactOf<'state'>): void {
    const givenUp = this.#givenUp.take(fact);
    const version = this.#versions.find(({ id }) => id === givenUp?.versionId);
    if (givenUp === undefined || version === undefined) return;
    version.isGivenUp = true;
    for (const objection of this.#givenUp.objections(givenUp, version))
      this.#violation(`${version.name} was given up by ${fact.worker}, though ${objection}`);
  }

  /** Only in favour of a newer one that has its result, which was on the topic before. */
  #superseded(worker: string, record: ReadSuperseded): void {
    const version = this.#checkIncomplete(worker, record, 'superseded');
    const by = this.#versions.find(({ id }) => id === record.supersededBy);
    if (version === undefined) return;
    const wasSuperseded = version.isSuperseded;
    version.isSuperseded = true;
    version.willBeSuperseded = true;
    // Who committed it may have been killed before it knew.
    const isDone = by !== undefined && (by.isAcknowledged || (this.#isOnce && by.resultCount > 0));
    if (by?.truth.path !== version.truth.path || !isDone)
      return this.#violation(`${version.name} was superseded by ${record.supersededBy}, which is not done`);
    // What was superseded itself starts anew with the chunks that come later.
    const beganAtMs = by.isSuperseded ? by.writtenAtMs.at(-1)! : (by.beganAtMs ?? Infinity);
    if (version.writtenAtMs[0]! >= beganAtMs)
      this.#violation(`${version.name} was superseded by ${by.name}, which is older`);
    // Given up again, it does not matter when the chunks came that opened it again.
    const lastAtMs = wasSuperseded
      ? undefined
      : version.lastSoundBefore(this.#toldBefore(worker, record) ?? 0);
    if (lastAtMs !== undefined && lastAtMs > by.writtenAtMs.at(-1)!)
      this.#violation(`${version.name} was superseded by ${by.name}, which had ended before its last chunk`);
  }

  /** When the worker was told where the partitions end, before it recorded that. */
  #toldBefore(worker: string, { atMs: recordedAtMs }: { readonly atMs: number }): number | undefined {
    const told = this.#endsTold.get(worker) ?? [];
    // It is recorded in whole milliseconds, and the worker may ask again in the same one.
    return told.findLast(atMs => atMs <= recordedAtMs - 1) ?? told.findLast(atMs => atMs <= recordedAtMs + 1);
  }

  #checkIncomplete(
    worker: string,
    record: { readonly versionId: string; readonly atMs: number },
    what: string,
  ): VersionRecord | undefined {
    const { versionId } = record;
    const version = this.#versions.find(({ id }) => id === versionId);
    const toldAtMs = this.#toldBefore(worker, record);
    if (version === undefined || toldAtMs === undefined) {
      this.#violation(`${versionId} was ${what} by ${worker}, which did not ask where partitions end`);
      return undefined;
    }
    const wasThere = version.goodSinceMs.filter(atMs => atMs < toldAtMs).length;
    // What was superseded once has given chunks up. Uploaded again, it has to become whole of that upload.
    if (version.isSuperseded) return version;
    // A worker that lost its partitions may overwrite that it is done; then a record that says it is of it opens it again.
    if (version.resultCount > 0 && version.truth.hasExtras) return version;
    if (!version.isCut && wasThere === version.truth.chunkCount && version.truth.isWhole)
      this.#violation(`${version.name} was ${what} by ${worker}, though all of it was on the topic`);
    return version;
  }

  /** What retention took of a file that is set aside is told, and the file is not kept for later. */
  #checkLost(): void {
    for (const version of this.#versions) {
      // What a former owner had on its way is found by who reads the state topic next.
      if (!this.#setAside.has(version) || version.isSuperseded || version.isSetAsideLate) continue;
      if (version.resultCount > 0) continue;
      const known = this.#setAside.placesOf(version);
      for (const [index, places] of version.valid) {
        const its = places.filter(({ partition, offset }) => known.has(`${partition}/${offset}`));
        const isGone = its.every(({ partition, offset }) => offset < (this.#logStarts.get(partition) ?? 0));
        if (its.length > 0 && isGone && !version.truth.hasExtras)
          this.#violation(`${version.name} is still set aside, though retention removed chunk ${index}`);
      }
    }
  }

  /** A file is lost only if retention took of it. */
  #checkLostTruly(value: string | null): void {
    const { versionId, outcome } = JSON.parse(value ?? '{}') as { versionId?: string; outcome?: string };
    const version = this.#versions.find(({ id }) => id === versionId);
    if (outcome === 'lost' && version?.isCut !== true)
      this.#violation(`${String(version?.name)} was called lost, though all of it is on the topic`);
  }

  /** What never became whole and is older than what is done is not kept for later. */
  #checkSuperseded(): void {
    for (const version of this.#versions) {
      // A record that was sent before may come after it was removed: who reads it next removes it again.
      if (!this.#setAside.has(version) || version.isSuperseded || version.isSetAsideLate) continue;
      const newer = this.#versions.find(other => other.resultCount > 0 && version.wasBefore(other));
      if (newer !== undefined)
        this.#violation(`${version.name} is still set aside, though ${newer.name}, which is newer, is done`);
    }
  }

  /** A worker that drained has committed everything that it produced. */
  #workerEnded({ worker, how, wasOwner }: FactOf<'worker-ended'>): void {
    if (how !== 'drained' && how !== 'abandoned') return this.#violation(`${worker} ended: ${how}`);
    if (how !== 'drained' || !wasOwner) return;
    const { currentCalls } = this.#worker(worker);
    const check = (): void => this.#checkDrained(worker, currentCalls);
    // A transaction that was decided is seen somewhat later.
    if (this.#isOnce) this.#atEnd.push(check);
    else check();
  }

  #checkDrained(worker: string, calls: readonly Call[]): void {
    for (const { version, isAcknowledged } of calls)
      if (
        isAcknowledged &&
        !version.truth.hasExtras &&
        !this.#group.hasFinished(version) &&
        !this.#group.wasMoved
      )
        this.#violation(`${worker} stopped without committing the outcome of ${version.name}`);
  }

  #call({ worker, callId }: { worker: string; callId: number }) {
    return this.#worker(worker).calls.get(callId)!;
  }

  #worker(name: string): WorkerView {
    let view = this.#workers.get(name);
    if (view === undefined) this.#workers.set(name, (view = new WorkerView()));
    return view;
  }

  #violation(text: string): void {
    this.violations.push(text);
  }
}
