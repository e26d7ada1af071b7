import { setTimeout as delay } from 'node:timers/promises';
import type { BrokerError } from '../errors.js';
import type { KafkaDriver, ProducerPort, TopicInfo } from '../kafka/driver.js';
import type { OutgoingMessage } from '../processing/file-work.js';
import type { EngineLogLine, EngineWatcher } from './engine.js';
import { cannotUse, openOwnTopic, persist, toBrokerError } from './own-topic.js';
import { ResultSender } from './result-sender.js';
import { notKept, StateRecords, type StateReading } from './state-records.js';
import { TroubleLog } from './trouble-log.js';

/** The engine counts from 1. */
const lastNoteId = 0;
/** How long the end of a worker waits for its last note. */
const lastNoteMs = 2_000;

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
  /** The record is on the topic, or (`isOnTopic` false) Kafka will never take it, or it was dropped. */
  onRecorded(workId: number, isOnTopic: boolean): void;
  /** What was noted is on the topic, or Kafka will never take it. */
  onNoted(noteId: number): void;
  /** There is no right to write to it any more. */
  onEnded(): void;
  /** It cannot be used, and the worker must not go on without. */
  onFatal(error: Error): void;
  onLog(line: EngineLogLine): void;
  /** Is told what is read. */
  readonly watcher?: EngineWatcher;
}

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

  get name(): string {
    return this.#options.stateTopic;
  }

  /** Tries until it is read, or it is certain that it cannot be used: people are told then. One reading at a time. */
  read(): Promise<StateReading> {
    this.#last = this.#last.then(() => this.#persist());
    return this.#last;
  }

  record(workId: number, message: OutgoingMessage): void {
    this.#sender.send(workId, [message]);
  }

  /** These records are about files of partitions that were lost: those that are not under way are not sent. */
  drop(workIds: readonly number[]): void {
    this.#sender.drop(workIds);
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
    const read = await persist(() => this.#openAndRead(), this.#closing.signal, {
      onTrouble: error => this.#reading.begin(error, performance.now()),
      onRecovered: () => this.#reading.end(performance.now()),
    });
    if (read.kind === 'failed') return this.#giveUp(read.error);
    return read.kind === 'done' ? { ...read.value, isKept: true } : notKept;
  }

  async #openAndRead(): Promise<Omit<StateReading, 'isKept'>> {
    if (!this.#isOpen) {
      const { stateTopic } = this.#options;
      await openOwnTopic(this.#driver, this.#producer, stateTopic, found => this.#checkPolicy(found));
    }
    this.#isOpen = true;
    return this.#readOn();
  }

  async #readOn(): Promise<Omit<StateReading, 'isKept'>> {
    const { stateTopic: topic, consumeTopic, groupId } = this.#options;
    const records = new StateRecords({ topic: consumeTopic, groupId }, this.#handlers.watcher);
    this.#positions = await this.#driver.readToEnd({
      topic,
      from: this.#positions,
      signal: this.#closing.signal,
      onRecord: record => records.take(record),
    });
    return records.reading();
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
        this.#giveUp(toBrokerError(error));
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
      onDropped: (workId, isSent) => this.#handlers.onRecorded(workId, isSent),
      onForbidden: error => {
        this.#giveUp(toBrokerError(error));
        this.#handlers.onEnded();
      },
      onTrouble: error => recording.begin(error, performance.now()),
      onRecovered: () => recording.end(performance.now()),
    });
  }

  #giveUp(error: BrokerError): StateReading {
    const { stateTopic, isRequired } = this.#options;
    if (isRequired) {
      const text = `outcomes cannot be kept on topic ${stateTopic}: ${error.message}. --state-topic none does without`;
      this.#handlers.onFatal(cannotUse(text, error));
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

  #checkPolicy({ config }: TopicInfo): void {
    if (config?.get('cleanup.policy')?.includes('compact') !== false) return;
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
