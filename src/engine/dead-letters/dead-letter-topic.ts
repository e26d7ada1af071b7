import { BrokerError } from '../../errors.js';
import type { KafkaDriver, ProducerPort } from '../../kafka/driver.js';
import type { OutgoingMessage } from '../../processing/file-work.js';
import type { EngineLogLine } from '../engine.js';
import { openOwnTopic, persist } from '../own-topic.js';
import { ResultSender } from '../result-sender.js';
import { TroubleLog } from '../trouble-log.js';

export interface DeadLetterTopicOptions {
  readonly deadLetterTopic: string;
  /** Whether the worker must not go on without it. */
  readonly isRequired: boolean;
}

export interface DeadLetterTopicHandlers {
  /** The record is on the topic, or Kafka will never take it. */
  onDeadLettered(workId: number): void;
  /** There is no right to write to it any more. */
  onEnded(): void;
  /** It cannot be used, and the worker must not go on without. */
  onFatal(error: Error): void;
  onLog(line: EngineLogLine): void;
}

/** Where what is given up goes: makes the topic, and writes to it under at-least-once. */
export class DeadLetterTopic {
  readonly #driver: Pick<KafkaDriver, 'admin'>;
  readonly #options: DeadLetterTopicOptions;
  readonly #handlers: DeadLetterTopicHandlers;
  readonly #producer: ProducerPort;
  readonly #sender: ResultSender;
  readonly #closing = new AbortController();
  #opened: Promise<boolean> | undefined;

  constructor(
    driver: Pick<KafkaDriver, 'admin' | 'producer'>,
    options: DeadLetterTopicOptions,
    handlers: DeadLetterTopicHandlers,
  ) {
    this.#driver = driver;
    this.#options = options;
    this.#handlers = handlers;
    this.#producer = driver.producer();
    this.#sender = this.#createSender();
  }

  /** Tries until it can be used, or it is certain that it cannot: people are told then. @returns whether it can */
  open(): Promise<boolean> {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  send(workId: number, message: OutgoingMessage): void {
    this.#sender.send(workId, [message]);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sender.close();
  }

  async #open(): Promise<boolean> {
    const { deadLetterTopic } = this.#options;
    const trouble = new TroubleLog('looking for the dead-letter topic', line => this.#handlers.onLog(line));
    const opened = await persist(
      () => openOwnTopic(this.#driver, this.#producer, deadLetterTopic),
      this.#closing.signal,
      {
        onTrouble: error => trouble.begin(error, performance.now()),
        onRecovered: () => trouble.end(performance.now()),
      },
    );
    if (opened.kind === 'failed') this.#giveUp(opened.error);
    return opened.kind === 'done';
  }

  #createSender(): ResultSender {
    const trouble = new TroubleLog('writing dead letters', line => this.#handlers.onLog(line));
    return new ResultSender(this.#producer, {
      onProduced: workId => this.#handlers.onDeadLettered(workId),
      onRefused: (workId, error) => {
        const message = `a dead letter could not be written: ${error.message}`;
        this.#handlers.onLog({ level: 'error', fields: {}, message });
        this.#handlers.onDeadLettered(workId);
      },
      onForbidden: error => {
        this.#giveUp(error);
        this.#handlers.onEnded();
      },
      onTrouble: error => trouble.begin(error, performance.now()),
      onRecovered: () => trouble.end(performance.now()),
    });
  }

  #giveUp(cause: Error): void {
    const { deadLetterTopic, isRequired } = this.#options;
    const reason = cause.message;
    if (isRequired) {
      const text = `dead letters cannot be written to topic ${deadLetterTopic}: ${reason}. --dead-letter-topic none does without`;
      this.#handlers.onFatal(new BrokerError(text, { cause, retriable: false }));
      return;
    }
    this.#handlers.onLog({
      level: 'warn',
      fields: { deadLetterTopic, reason },
      message: `dead letters are not written to topic ${deadLetterTopic}: ${reason}. ${withoutDeadLetters}`,
    });
  }
}

/** What it means. */
export const withoutDeadLetters =
  'Files that fail and messages that cannot be used are told in the log only, and their offsets move on';
