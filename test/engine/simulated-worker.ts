import { createHash } from 'node:crypto';
import { sliceCount } from '../../src/assembly/hashing/hash-messages.js';
import type { ChunkPosition } from '../../src/assembly/held-chunk.js';
import type { TopicContent } from '../../src/assembly/topic-content.js';
import { decodeChunk } from '../../src/wire/decode-chunk.js';
import type { PartAction } from '../../src/assembly/byte-store.js';
import type { CommittedOffset, OffsetToCommit, RawRecord } from '../../src/kafka/driver.js';
import type { EngineCommand, EngineEvent } from '../../src/engine/messages.js';
import type { FileReady, OutgoingMessage } from '../../src/processing/file-work.js';
import { heldBy } from '../../src/engine/held-memory.js';
import type { EngineReport } from '../../src/engine/reports.js';
import { EngineCore } from '../../src/engine/engine-core.js';
import { decodeDoneVersions } from '../../src/wire/file-state.js';
import type { History } from './history.js';
import { MemoryParts } from './memory-parts.js';

/** What left the worker for good: a result that Kafka has. */
export interface ProducedResult {
  readonly path: string;
  readonly sha512: string;
  readonly bytes: Buffer;
  readonly resultId: string;
}

/** A transaction of which the broker has taken records and offsets; whether it counts is not decided. */
interface UndecidedTransaction {
  readonly offsets: readonly OffsetToCommit[];
  readonly results: readonly ProducedResult[];
  readonly states: readonly OutgoingMessage[];
}

/** What survives a crash: the topic is in the history, this is the group's offsets and the result topic. */
export class SimulatedKafka {
  readonly committed = new Map<number, OffsetToCommit>();
  readonly results: ProducedResult[] = [];
  /** Results that a commit covers: a restart must not make them again. */
  coveredResultIds = new Set<string>();
  readonly violations: string[] = [];
  /** So many files were whole once all of their bytes had gone into a hash that was computed while they came. */
  hashedAsTheyCameCount = 0;
  /** So many files were verified where they lay. */
  leftOnTopicCount = 0;
  /** The state topic: values by path. */
  readonly states = new Map<string, Buffer>();
  #undecided: UndecidedTransaction | undefined;

  get isUndecided(): boolean {
    return this.#undecided !== undefined;
  }

  begin(transaction: UndecidedTransaction): void {
    this.#undecided = transaction;
  }

  /**
   * Whoever reads committed offsets waits until the transaction under way is decided.
   * @param commits whether the request to commit it arrived
   */
  decide(commits: boolean): void {
    const transaction = this.#undecided;
    this.#undecided = undefined;
    if (!commits || transaction === undefined) return;
    for (const offset of transaction.offsets) this.committed.set(offset.partition, offset);
    this.results.push(...transaction.results);
    for (const { resultId } of transaction.results) this.coveredResultIds.add(resultId);
    for (const { key, value } of transaction.states)
      this.states.set(Buffer.from(key!).toString(), Buffer.from(value!));
  }
}

type Step = () => void;

const budgetBytes = 60;

/**
 * A worker without sockets: carries out the core's commands in an order and with the accidents that the choices say.
 * Ends by a crash, which is nothing but never looking at it again.
 */
export class SimulatedWorker {
  readonly reports: EngineReport[] = [];
  readonly #history: History;
  readonly #kafka: SimulatedKafka;
  readonly #core: EngineCore;
  readonly #positions = new Map<number, bigint>();
  readonly #paused = new Set<number>();
  /** What the method returned, by result id. */
  readonly #returned = new Map<string, ProducedResult>();
  /** Things under way, each of which may happen next. */
  readonly #pending = new Set<Step>();
  readonly #parts = new MemoryParts();
  readonly #disk: Step[] = [];
  #unwrittenBytes = 0;
  readonly #removed = new Set<number>();
  #epoch = -1;
  /** By work id: what went into a hash that is computed while its file comes. */
  readonly #hashed = new Map<number, Buffer>();
  /** By work id: contents that are read from the topic. */
  readonly #contents = new Map<number, TopicContent>();
  #slicesUnderWay = 0;
  #hashingHasEnded = false;
  /** The last epoch that did not go on from the one before. */
  #brokenAtEpoch = -1;
  #nowMs = 0;
  #isCalm = false;
  isDrained = false;

  constructor(history: History, kafka: SimulatedKafka, startsAtEpoch: number) {
    this.#history = history;
    this.#kafka = kafka;
    this.#epoch = startsAtEpoch;
    this.#core = new EngineCore({
      topic: 'raw',
      name: 'Sim',
      version: '',
      concurrency: history.concurrency,
      budgetBytes,
      maxFileBytes: 1_000_000,
      // Every second run on disk only, the others with what does not fit into the budget.
      mostMemoryBytes: history.isOnDisk ? 0 : 60,
      diskBudgetBytes: history.diskBudgetBytes,
      hashing: { leastBytes: history.leastHashedBytes, sliceBytes: 7 },
      placement: 'scattered',
      startFrom: 'earliest',
      delivery: 'exactly-once',
      ...(history.keepsOutcomes ? { stateTopic: 'states' } : {}),
    });
    this.assign(this.#partitions, []);
  }

  get #partitions(): number[] {
    return this.#history.partitions.map((_, number) => number);
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get core(): EngineCore {
    return this.#core;
  }

  /** Whether anything is left that would happen by itself. */
  get isQuiet(): boolean {
    return this.#pending.size === 0 && this.#readable().length === 0;
  }

  /** A new generation in which `added` are new and `kept` stay. */
  assign(added: readonly number[], kept: readonly number[]): void {
    this.#epoch += 1;
    const lost = [...this.#positions.keys()].filter(
      number => !added.includes(number) && !kept.includes(number),
    );
    if (lost.length > 0 || added.some(number => this.#positions.has(number)) || this.#positions.size === 0) {
      this.#brokenAtEpoch = this.#epoch;
      this.#kafka.decide(this.#nowMs % 2 === 0);
    }
    for (const number of lost) this.#positions.delete(number);
    this.#paused.clear();
    this.#handle({ kind: 'assigned', assignment: { epoch: this.#epoch, added, kept, lost } });
    for (const number of [...added, ...kept]) {
      const position = kept.includes(number) ? this.#core.positionOf(number) : null;
      if (position !== null) this.#positions.set(number, position);
      else this.#startFromCommitted(number);
    }
  }

  stop(): void {
    this.#handle({ kind: 'stop' });
  }

  /** Does one of the things that may happen now. */
  step(choice: number): void {
    this.#nowMs += choice % 400;
    const readable = this.#readable();
    const pending = [...this.#pending];
    const at = choice % (readable.length + pending.length + 1);
    if (at < readable.length) this.#fetch(readable[at]!, 1 + (choice % 3));
    else if (at < readable.length + pending.length) this.#do(pending[at - readable.length]!);
    else this.#tick();
  }

  /** Everything that is under way happens, in order, and time passes until nothing follows from it. */
  finish(): void {
    this.#isCalm = true;
    this.#runUntilQuiet();
    for (let round = 0; round < 20; round += 1) {
      this.#nowMs += 10_000;
      this.#tick();
      if (this.#pending.size === 0) return;
      this.#runUntilQuiet();
    }
  }

  #runUntilQuiet(): void {
    for (let count = 0; count < 10_000 && !(this.isQuiet || this.isDrained); count += 1) {
      const [step] = this.#pending;
      const [partition] = this.#readable();
      if (step !== undefined) this.#do(step);
      else this.#fetch(partition!, 3);
    }
  }

  #startFromCommitted(partition: number): void {
    const committed = this.#kafka.committed.get(partition);
    const read: CommittedOffset = {
      partition,
      offset: committed?.offset ?? null,
      metadata: committed?.metadata ?? null,
    };
    this.#positions.set(partition, committed?.offset ?? 0n);
    this.#handle({ kind: 'committed-offset', epoch: this.#epoch, committed: read });
  }

  #readable(): number[] {
    return [...this.#positions.keys()].filter(
      number =>
        !this.#paused.has(number) &&
        this.#positions.get(number)! < BigInt(this.#history.partitions[number]!.length),
    );
  }

  #fetch(partition: number, count: number): void {
    const log = this.#history.partitions[partition]!;
    const start = Number(this.#positions.get(partition)!);
    const end = Math.min(start + count, log.length);
    const records: RawRecord[] = [];
    for (let offset = start; offset < end; offset += 1) {
      // A copy that is overwritten afterwards: the engine must not keep views.
      const value = log[offset] === null ? null : Buffer.from(log[offset]!);
      records.push({ offset: BigInt(offset), timestampMs: 0, key: null, value });
    }
    this.#positions.set(partition, BigInt(end));
    const highWatermark = BigInt(log.length);
    this.#handle({
      kind: 'records',
      epoch: this.#epoch,
      partition,
      records,
      nextOffset: BigInt(end),
      highWatermark,
    });
    for (const { value } of records) value?.fill(0xee);
  }

  #do(step: Step): void {
    this.#pending.delete(step);
    step();
  }

  #tick(): void {
    this.#nowMs += 200;
    this.#handle({ kind: 'tick' });
  }

  #handle(event: EngineEvent): void {
    for (const command of this.#core.handle(event, this.#nowMs)) this.#carryOut(command);
    this.#recount();
  }

  /** The sum that is kept is what a count of everything gives. */
  #recount(): void {
    let bytes = this.#unwrittenBytes;
    for (const file of this.#core.openFiles) bytes += heldBy(file, budgetBytes);
    if (bytes !== this.#core.status.memoryBytes)
      this.#kafka.violations.push(`${this.#core.status.memoryBytes} bytes are counted, ${bytes} held`);
    let diskBytes = 0;
    for (const { version } of this.#core.openFiles) diskBytes += version.diskBytes;
    if (diskBytes !== this.#core.status.diskBytes)
      this.#kafka.violations.push(
        `${this.#core.status.diskBytes} bytes on disk are counted, ${diskBytes} held`,
      );
  }

  #carryOut(command: EngineCommand): void {
    switch (command.kind) {
      case 'report':
        this.reports.push(command.report);
        return;
      case 'pause':
        for (const number of command.partitions) this.#paused.add(number);
        return;
      case 'resume':
        for (const number of command.partitions) this.#paused.delete(number);
        return;
      case 'verify':
        this.#pending.add(() => {
          const digest = createHash('sha512').update(command.bytes).digest();
          this.#handle({
            kind: 'verified',
            workId: command.workId,
            matches: digest.equals(command.fileHash),
          });
        });
        return;
      case 'hash':
        this.#hash(command);
        return;
      case 'verify-hashed':
        this.#verifyHashed(command);
        return;
      case 'forget-hash':
        this.#hashed.delete(command.workId);
        return;
      case 'part':
        this.#actOnDisk(command.action);
        return;
      case 'verify-part':
        this.#verifyPart(command);
        return;
      case 'process':
        this.#process(command.file, this.#bytesOf(command.file));
        return;
      case 'verify-content':
        this.#verifyContent(command);
        return;
      case 'forget-content':
        this.#contents.delete(command.workId);
        return;
      case 'place-and-process':
        this.#place(command);
        return;
      case 'commit':
        this.#commit(command);
        return;
      case 'drained':
        this.isDrained = true;
        return;
      case 'check-end':
        this.#checkEnd();
        return;
      case 'read-back':
        this.#readBack(command);
        return;
      case 'read-outcomes':
        this.#readOutcomes(command.readId);
        return;
      case 'discard':
      case 'produce':
      case 'dead-letter':
      case 'record':
      case 'drop-records':
      case 'note':
      case 'tell-scattered':
      case 'compare-open-versions':
        return;
    }
  }

  #checkEnd(): void {
    const endOffsets = new Map(this.#history.partitions.map((log, number) => [number, BigInt(log.length)]));
    const startOffsets = new Map(this.#history.partitions.map((_, number) => [number, 0n]));
    this.#pending.add(() => this.#handle({ kind: 'ends', endOffsets, startOffsets }));
  }

  /** Partition by partition, some time later each. */
  #readBack({ workId, chunks }: EngineCommand & { kind: 'read-back' }): void {
    const partitions = [...new Set(chunks.map(({ partition }) => partition))];
    const readNext = (): void => {
      const partition = partitions.shift();
      if (partition === undefined) {
        this.#handle({ kind: 'read-back-ended', workId, missing: [] });
        return;
      }
      const offsets = chunks.filter(chunk => chunk.partition === partition).map(({ offset }) => offset);
      const records = offsets.map((offset): RawRecord => {
        const value = this.#history.partitions[partition]![Number(offset)];
        return { offset, timestampMs: 0, key: null, value: Buffer.from(value!) };
      });
      this.#handle({ kind: 'read-back', workId, partition, records });
      for (const { value } of records) value?.fill(0xee);
      this.#pending.add(readNext);
    };
    this.#pending.add(readNext);
  }

  /** A reader of committed records waits for the transaction under way. */
  #readOutcomes(readId: number): void {
    this.#pending.add(() => {
      if (this.#kafka.isUndecided) {
        this.#readOutcomes(readId);
        return;
      }
      const paths = [...this.#kafka.states].map(([path, value]) => ({
        path,
        versionIds: decodeDoneVersions(value, { topic: 'raw', groupId: '' })!.versionIds,
      }));
      this.#handle({ kind: 'outcomes-read', setAside: [], superseded: [], readId, paths, isKept: true });
    });
  }

  /** One thing after the other, each some time later. */
  #onDisk(step: Step): void {
    this.#disk.push(step);
    this.#pending.add(() => this.#disk.shift()!());
  }

  #actOnDisk(action: PartAction): void {
    if (action.kind === 'remove') this.#removed.add(action.part);
    if (action.kind === 'write') this.#unwrittenBytes += action.data.length;
    this.#onDisk(() => {
      this.#parts.apply(action);
      if (action.kind !== 'write') return;
      this.#unwrittenBytes -= action.data.length;
      this.#handle({ kind: 'part-written', part: action.part, byteLength: action.data.length });
    });
  }

  #hash({ workId, startByte, bytes }: EngineCommand & { kind: 'hash' }): void {
    const before = startByte === 0 ? Buffer.alloc(0) : this.#hashed.get(workId);
    if (before?.length !== startByte)
      this.#kafka.violations.push(
        `${before?.length} bytes are hashed, and those from ${startByte} on follow`,
      );
    // What is hashed later is what the bytes were now.
    this.#hashed.set(workId, Buffer.concat([before ?? Buffer.alloc(0), bytes]));
    this.#slicesUnderWay += 1;
    if (this.#slicesUnderWay > sliceCount) this.#kafka.violations.push('too many slices are under way');
    this.#pending.add(() => {
      this.#slicesUnderWay -= 1;
      this.#handle({ kind: 'hashed' });
    });
  }

  #verifyHashed({ workId, fileHash }: EngineCommand & { kind: 'verify-hashed' }): void {
    const bytes = this.#hashed.get(workId);
    this.#hashed.delete(workId);
    this.#kafka.hashedAsTheyCameCount += 1;
    if (this.#hashingHasEnded) return;
    this.#pending.add(() => {
      if (this.#hashingHasEnded) return;
      const matches = createHash('sha512').update(bytes!).digest().equals(fileHash);
      this.#handle({ kind: 'verified', workId, matches });
    });
  }

  /** The thread that hashes is gone: what it was to answer is never answered. */
  endHashing(): void {
    this.#hashingHasEnded = true;
    this.#handle({ kind: 'hashing-ended' });
  }

  #verifyPart({ workId, content }: EngineCommand & { kind: 'verify-part' }): void {
    const chunks = [...content.chunks];
    this.#onDisk(() => {
      if (this.#removed.has(content.part)) return;
      this.#handle({ kind: 'verified', workId, ...this.#parts.verify({ ...content, chunks }) });
    });
  }

  /** Some time later, unless the content is forgotten by then. */
  #verifyContent({ workId, content }: EngineCommand & { kind: 'verify-content' }): void {
    this.#kafka.leftOnTopicCount += 1;
    this.#contents.set(workId, content);
    this.#pending.add(() => {
      if (this.#contents.get(workId) !== content) return;
      const hashOf = (bytes: Buffer): Buffer => createHash('sha512').update(bytes).digest();
      if (hashOf(this.#onTopic(content)).equals(content.fileHash)) {
        this.#handle({ kind: 'verified', workId, matches: true });
        return;
      }
      const damaged = content.chunks.filter(chunk => !hashOf(this.#chunkData(chunk)).equals(chunk.chunkHash));
      const damagedIndexes = damaged.map(({ index }) => index);
      this.#handle({ kind: 'verified', workId, matches: false, damagedIndexes });
    });
  }

  #chunkData({ partition, offset }: ChunkPosition): Buffer {
    return Buffer.from(decodeChunk(this.#history.partitions[partition]![Number(offset)]!).data);
  }

  #onTopic({ chunks }: TopicContent): Buffer {
    return Buffer.concat(chunks.map(chunk => this.#chunkData(chunk)));
  }

  #bytesOf(file: FileReady): Buffer {
    if (file.isOnTopic !== true) return Buffer.from(file.bytes!.slice(0, file.size));
    return this.#onTopic(this.#contents.get(file.workId)!);
  }

  #place({ file, part }: EngineCommand & { kind: 'place-and-process' }): void {
    this.#onDisk(() => {
      if (!this.#removed.has(part)) this.#process(file, this.#parts.read(part, file.size));
    });
  }

  /** The method returns one message; the message is acknowledged some time later. */
  #process(file: FileReady, bytes: Buffer): void {
    const { path, sha512 } = file.info;
    const version = this.#history.versions.find(one => one.path === path && one.sha512 === sha512);
    // With a state topic copies are known for what they are.
    const mayComeAgain = version?.hasCopies === true && !this.#history.keepsOutcomes;
    if (!mayComeAgain && this.#kafka.coveredResultIds.has(file.resultId)) {
      this.#kafka.violations.push(`${path} was processed again although its outcome was committed`);
    }
    const result = { path, sha512, bytes, resultId: file.resultId };
    this.#pending.add(() => {
      const message = { topic: 'out', key: null, value: null, headers: { 'result-id': file.resultId } };
      this.#returned.set(file.resultId, result);
      const outcome = { kind: 'done', messages: [message] } as const;
      this.#handle({
        kind: 'settled',
        settled: { workId: file.workId, outcome, attempts: 1, processingMs: 1 },
      });
    });
  }

  /**
   * A transaction as the driver makes it: the broker takes it if the epoch is right, then it is decided, then the answer comes.
   * A crash or a rebalance may come before each of these.
   */
  #commit({ commitId, epoch, offsets, messages }: EngineCommand & { kind: 'commit' }): void {
    const answer = (result: 'committed' | 'stale' | 'failed'): void =>
      this.#handle({ kind: 'commit-ended', commitId, result });
    const states = messages.filter(({ topic }) => topic === 'states');
    const produced = messages.filter(({ topic }) => topic !== 'states');
    const results = produced.map(({ headers }) => this.#returned.get(headers['result-id']!)!);
    this.#pending.add(() => {
      if (epoch !== this.#epoch) {
        answer('stale');
        return;
      }
      if (!this.#isCalm && this.#nowMs % 7 === 0) {
        answer('failed');
        return;
      }
      this.#kafka.begin({ offsets, results, states });
      this.#pending.add(() => {
        // Decided already, by whoever read the committed offsets.
        const isOver = epoch < this.#brokenAtEpoch;
        const commits = this.#isCalm || this.#nowMs % 5 !== 0;
        if (!isOver) this.#kafka.decide(commits);
        const result = isOver ? 'stale' : commits ? 'committed' : 'failed';
        this.#pending.add(() => answer(epoch < this.#brokenAtEpoch ? 'stale' : result));
      });
    });
  }
}
