import { setTimeout as delay } from 'node:timers/promises';
import { BrokerError } from '../errors.js';
import type { KafkaDriver, ProducerPort } from '../kafka/driver.js';
import type { OutgoingMessage } from '../processing/file-work.js';
import { decodeDoneVersions } from '../wire/file-state.js';
import { decodeSuperseded, isSupersededKey, type SupersededVersion } from '../wire/superseded-record.js';
import type { EngineLogLine } from './engine.js';
import { maxRememberedPaths, type DonePath } from './outcome-recorder.js';
import { decodeRunRecord, isRunKey, type RunRecord } from '../wire/run-records.js';
import { decodeSetAside, isSetAsideKey } from '../wire/set-aside-record.js';
import { ResultSender } from './result-sender.js';
import type { StoredSetAside } from './set-aside/set-aside-files.js';
import { TroubleLog } from './trouble-log.js';

const firstBackoffMs = 250;
const maxBackoffMs = 5_000;
/** The engine counts from 1. */
const lastNoteId = 0;
/** How long the end of a worker waits for its last note. */
const lastNoteMs = 2_000;
/** No path: paths are relative. A record without value is nothing to who reads, and compaction removes it. */
const probeKey = Buffer.from('/');

export interface StateTopicOptions {
  readonly stateTopic: string;
  /** Topic with the chunks. */
  readonly consumeTopic: string;
  /** Records of other groups are passed over. */
  readonly groupId: string;
  /** Whether the worker must not go on without it. */
  readonly isRequired: boolean;
}

export interface StateTopicHandlers {
  /** The record is on the topic, or (`isOnTopic` false) Kafka will never take it. */
  onRecorded(workId: number, isOnTopic: boolean): void;
  /** What was noted is on the topic, or Kafka will never take it. */
  onNoted(noteId: number): void;
  /** There is no right to write to it any more. */
  onEnded(): void;
  /** It cannot be used, and the worker must not go on without. */
  onFatal(error: Error): void;
  onLog(line: EngineLogLine): void;
}

/** What the topic says that was not read before; `isKept` false: it cannot be used. */
export interface StateReading {
  readonly paths: readonly DonePath[];
  /** Of files that were set aside, in the topic's order. */
  readonly setAside: readonly StoredSetAside[];
  /** Versions that were given up, as newer ones of their paths are done. */
  readonly superseded: readonly SupersededVersion[];
  /** Of runs of workers, in the topic's order. */
  readonly runRecords?: readonly RunRecord[];
  readonly isKept: boolean;
}

/** As of a topic that cannot be used. */
export const notKept: StateReading = { paths: [], setAside: [], superseded: [], isKept: false };

/** Where the outcomes of files are kept: makes the topic, reads it, writes to it under at-least-once. */
export class StateTopic {
  readonly #driver: KafkaDriver;
  readonly #options: StateTopicOptions;
  readonly #handlers: StateTopicHandlers;
  readonly #producer: ProducerPort;
  readonly #sender: ResultSender;
  readonly #noteSender: ResultSender;
  readonly #reading: TroubleLog;
  readonly #closing = new AbortController();
  #positions: ReadonlyMap<number, bigint> = new Map();
  #isOpen = false;
  #last: Promise<StateReading> = Promise.resolve(notKept);
  #lastNoted: (() => void) | undefined;

  constructor(driver: KafkaDriver, options: StateTopicOptions, handlers: StateTopicHandlers) {
    this.#driver = driver;
    this.#options = options;
    this.#handlers = handlers;
    this.#producer = driver.producer();
    const log = (line: EngineLogLine): void => handlers.onLog(line);
    this.#reading = new TroubleLog('reading outcomes', log);
    this.#sender = this.#createSender(log);
    this.#noteSender = this.#createNoteSender(log);
  }

  /** Tries until it is read, or it is certain that it cannot be used: people are told then. One reading at a time. */
  read(): Promise<StateReading> {
    this.#last = this.#last.then(() => this.#persist());
    return this.#last;
  }

  record(workId: number, message: OutgoingMessage): void {
    this.#sender.send(workId, [message]);
  }

  /** Messages about this run of the worker, in this order. */
  note(noteId: number, messages: readonly OutgoingMessage[]): void {
    this.#noteSender.send(noteId, messages);
  }

  /** The same, when the worker ends: waits for a moment until they are on the topic. */
  async noteLast(messages: readonly OutgoingMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const timer = new AbortController();
    const noted = new Promise<void>(resolve => (this.#lastNoted = resolve));
    this.note(lastNoteId, messages);
    await Promise.race([
      noted,
      delay(lastNoteMs, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#noteSender.close();
    await this.#sender.close();
  }

  async #persist(): Promise<StateReading> {
    const { signal } = this.#closing;
    for (let failureCount = 0; !signal.aborted; failureCount += 1) {
      try {
        if (!this.#isOpen) await this.#open();
        this.#isOpen = true;
        const read = await this.#readOn();
        this.#reading.end(performance.now());
        return { ...read, isKept: true };
      } catch (error) {
        const failure = asBrokerError(error);
        if (this.#hasClosed()) break;
        if (!failure.retriable) return this.#giveUp(failure);
        this.#reading.begin(failure, performance.now());
        const backoffMs = Math.min(firstBackoffMs * 2 ** failureCount, maxBackoffMs);
        await delay(backoffMs, undefined, { signal }).catch(() => undefined);
      }
    }
    return notKept;
  }

  /** A method, as the compiler takes a field for unchanged over an `await`. */
  #hasClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Makes the topic where it is missing, and finds out whether it can be written: later there is no good way to say so. */
  async #open(): Promise<void> {
    const { stateTopic } = this.#options;
    const admin = await this.#driver.admin();
    try {
      const found = await admin.describeTopic(stateTopic);
      if (found === null) await admin.createTopic(stateTopic, 1, { 'cleanup.policy': 'compact' });
      else if (found.config?.get('cleanup.policy')?.includes('compact') === false) this.#warnOfPolicy();
    } finally {
      await admin.close();
    }
    await this.#producer.send(stateTopic, 0, [{ key: probeKey, value: null, headers: {} }]);
  }

  async #readOn(): Promise<Omit<StateReading, 'isKept'>> {
    const { stateTopic: topic, consumeTopic, groupId } = this.#options;
    const reader = { topic: consumeTopic, groupId };
    const doneByPath = new Map<string, Omit<DonePath, 'path'>>();
    const setAside: StoredSetAside[] = [];
    const superseded = new Map<string, SupersededVersion>();
    const runRecords: RunRecord[] = [];
    const positions = await this.#driver.readToEnd({
      topic,
      from: this.#positions,
      signal: this.#closing.signal,
      onRecord: ({ key, value }) => {
        if (key === null) return;
        const path = key.toString();
        if (isSetAsideKey(path)) {
          const places = value === null ? undefined : decodeSetAside(value, reader);
          if (value === null || places !== undefined) setAside.push({ key: path, places });
          return;
        }
        if (isSupersededKey(path)) {
          const version = value === null ? undefined : decodeSuperseded(value, reader);
          superseded.delete(path);
          if (version !== undefined) superseded.set(path, version);
          if (superseded.size > maxRememberedPaths) deleteFirst(superseded);
          return;
        }
        if (isRunKey(path)) {
          const record = decodeRunRecord(path, value, reader);
          if (record !== undefined) runRecords.push(record);
          return;
        }
        const done = value === null ? { versionIds: [] } : decodeDoneVersions(value, reader);
        // Of another group or topic: it does not replace what is known.
        if (done === undefined) return;
        doneByPath.delete(path);
        if (done.versionIds.length === 0) return;
        doneByPath.set(path, done);
        if (doneByPath.size > maxRememberedPaths) deleteFirst(doneByPath);
      },
    });
    this.#positions = positions;
    const paths = [...doneByPath].map(([path, done]) => ({ path, ...done }));
    return { paths, setAside, superseded: [...superseded.values()], runRecords };
  }

  #createNoteSender(log: (line: EngineLogLine) => void): ResultSender {
    const noting = new TroubleLog('noting that this worker runs', log);
    const noted = (noteId: number): void => {
      if (noteId === lastNoteId) this.#lastNoted?.();
      else this.#handlers.onNoted(noteId);
    };
    return new ResultSender(this.#producer, {
      onProduced: noted,
      onRefused: (noteId, error) => {
        log({
          level: 'warn',
          fields: {},
          message: `that this worker runs could not be noted: ${error.message}`,
        });
        noted(noteId);
      },
      onForbidden: error => {
        this.#lastNoted?.();
        this.#giveUp(asBrokerError(error));
        this.#handlers.onEnded();
      },
      onTrouble: error => noting.begin(error, performance.now()),
      onRecovered: () => noting.end(performance.now()),
    });
  }

  #createSender(log: (line: EngineLogLine) => void): ResultSender {
    const recording = new TroubleLog('recording outcomes', log);
    return new ResultSender(this.#producer, {
      onProduced: workId => this.#handlers.onRecorded(workId, true),
      onRefused: (workId, error) => {
        const message = `the outcome of a file could not be recorded: ${error.message}`;
        log({ level: 'warn', fields: {}, message });
        this.#handlers.onRecorded(workId, false);
      },
      onForbidden: error => {
        this.#giveUp(asBrokerError(error));
        this.#handlers.onEnded();
      },
      onTrouble: error => recording.begin(error, performance.now()),
      onRecovered: () => recording.end(performance.now()),
    });
  }

  #giveUp(error: BrokerError): StateReading {
    const { stateTopic, isRequired } = this.#options;
    if (isRequired) {
      this.#handlers.onFatal(cannotUse(stateTopic, error));
      return notKept;
    }
    const reason = error.message;
    this.#handlers.onLog({
      level: 'warn',
      fields: { stateTopic, reason },
      message: `outcomes are not kept on topic ${stateTopic}: ${reason}. ${withoutStateTopic}`,
    });
    return notKept;
  }

  #warnOfPolicy(): void {
    const { stateTopic } = this.#options;
    this.#handlers.onLog({
      level: 'warn',
      fields: { stateTopic },
      message: `topic ${stateTopic} is not compacted: set cleanup.policy=compact, or outcomes are forgotten when retention removes them`,
    });
  }
}

/** What it means. */
export const withoutStateTopic =
  'Files that are uploaded again, and late copies of their chunks, are recognised only until this worker ends, and files that ' +
  'stay incomplete are not set aside';

function deleteFirst(map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}

function cannotUse(stateTopic: string, cause: BrokerError): BrokerError {
  const { message, isForbidden } = cause;
  const text = `outcomes cannot be kept on topic ${stateTopic}: ${message}. --state-topic none does without`;
  return new BrokerError(text, { cause, retriable: false, isForbidden });
}

function asBrokerError(error: unknown): BrokerError {
  if (error instanceof BrokerError) return error;
  return new BrokerError(error instanceof Error ? error.message : String(error), {
    cause: error,
    retriable: false,
  });
}
