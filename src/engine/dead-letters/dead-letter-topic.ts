import type { BrokerError } from '../../errors.js';
import type { KafkaDriver, ProducerPort } from '../../kafka/driver.js';
import type { OutgoingMessage } from '../../processing/file-work.js';
import type { EngineLogLine } from '../engine.js';
import { cannotUse, openOwnTopic, persist, probeTopic, toBrokerError } from '../own-topic.js';
import { ResultSender } from '../result-sender.js';
import { TroubleLog } from '../trouble-log.js';
import { asKeptOn } from './letter-writer.js';

export interface DeadLetterTopicOptions {
  readonly deadLetterTopic: string;
  /** Whether the worker must not go on without it. */
  readonly isRequired: boolean;
}

export interface DeadLetterTopicHandlers {
  /** The record is on the topic, or Kafka will never take it. */
  onDeadLettered(workId: number): void;
  /** There is no right to write to it any more; from now on they go to this topic. */
  onStandIn(topic: string): void;
  /** There is no right to write to it any more, and no other topic. */
  onEnded(): void;
  /** It cannot be used, and the worker must not go on without. */
  onFatal(error: Error): void;
  onLog(line: EngineLogLine): void;
}

/** Whether dead letters are written, and to which other topic. */
export interface Opened {
  readonly isUsed: boolean;
  readonly standIn?: string;
}

export const notWritten: Opened = { isUsed: false };

/** Where dead letters go. `leaving`: away from their own topic, and it is not known yet where to. */
type Place = 'own' | 'leaving' | 'ended' | { readonly standIn: string };

/**
 * Where what is given up goes: makes the topic, and writes to it under at-least-once.
 *
 * Where the topic takes nothing, from the start on or later, another one stands in for it.
 */
export class DeadLetterTopic {
  readonly #driver: Pick<KafkaDriver, 'admin'>;
  readonly #options: DeadLetterTopicOptions;
  readonly #handlers: DeadLetterTopicHandlers;
  readonly #producer: ProducerPort;
  readonly #senders: ResultSender[] = [];
  readonly #closing = new AbortController();
  /** At-least-once: those that are not acknowledged, as they were given. */
  readonly #pending = new Map<number, OutgoingMessage>();
  #place: Place = 'own';
  #opened: Promise<Opened> | undefined;
  #standIn: Promise<string | undefined> = Promise.resolve(undefined);

  constructor(
    driver: Pick<KafkaDriver, 'admin' | 'producer'>,
    options: DeadLetterTopicOptions,
    handlers: DeadLetterTopicHandlers,
  ) {
    this.#driver = driver;
    this.#options = options;
    this.#handlers = handlers;
    this.#producer = driver.producer();
    this.#senders.push(this.#createSender());
  }

  /**
   * Tries until it can be used, or it is certain that it cannot: people are told then.
   * @param standIn a topic that takes the dead letters in its stead, if there is one
   */
  open(standIn: Promise<string | undefined>): Promise<Opened> {
    this.#opened ??= this.#open(standIn);
    return this.#opened;
  }

  send(workId: number, message: OutgoingMessage): void {
    this.#pending.set(workId, message);
    if (this.#place !== 'leaving') this.#sendOn(workId, message);
  }

  /** These are about partitions that were lost: those that are not under way are not sent. */
  drop(workIds: readonly number[]): void {
    for (const workId of workIds) this.#pending.delete(workId);
    for (const sender of this.#senders) sender.drop(workIds);
  }

  /** Exactly-once: the messages as they can be sent now, whatever topic they were written for. */
  placed(messages: readonly OutgoingMessage[]): readonly OutgoingMessage[] {
    return this.#place === 'own' ? messages : messages.flatMap(message => this.#placed(message));
  }

  /**
   * Exactly-once: finds out whether it is dead letters that a transaction was forbidden for, and sees to it that they go elsewhere then.
   *
   * @param messages of the transaction, from `placed`
   * @returns whether it can be tried again, with what `placed` makes of them now
   */
  async makesWay(messages: readonly OutgoingMessage[]): Promise<boolean> {
    const { deadLetterTopic, isRequired } = this.#options;
    if (isRequired || !messages.some(({ topic }) => topic === deadLetterTopic)) return false;
    const probe = await persist(() => probeTopic(this.#producer, deadLetterTopic), this.#closing.signal, {
      onTrouble: () => undefined,
      onRecovered: () => undefined,
    });
    if (probe.kind !== 'failed') return false;
    await this.#leave(probe.error);
    return true;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#senders.map(sender => sender.close()));
  }

  async #open(standIn: Promise<string | undefined>): Promise<Opened> {
    const { deadLetterTopic } = this.#options;
    this.#standIn = standIn;
    const trouble = new TroubleLog('looking for the dead-letter topic', line => this.#handlers.onLog(line));
    const opened = await persist(
      () => openOwnTopic(this.#driver, this.#producer, deadLetterTopic),
      this.#closing.signal,
      {
        onTrouble: error => trouble.begin(error, performance.now()),
        onRecovered: () => trouble.end(performance.now()),
      },
    );
    if (opened.kind !== 'failed') return { isUsed: opened.kind === 'done' };
    const found = this.#options.isRequired ? undefined : await standIn;
    this.#giveUp(deadLetterTopic, opened.error, found);
    this.#place = found === undefined ? 'ended' : { standIn: found };
    return found === undefined ? notWritten : { isUsed: true, standIn: found };
  }

  #createSender(): ResultSender {
    const trouble = new TroubleLog('writing dead letters', line => this.#handlers.onLog(line));
    const sender = new ResultSender(this.#producer, {
      onProduced: workId => this.#sent(workId),
      onRefused: (workId, error) => {
        const message = `a dead letter could not be written: ${error.message}`;
        this.#handlers.onLog({ level: 'error', fields: {}, message });
        this.#sent(workId);
      },
      // What a sender that was left is still told, those that were sent again are told themselves.
      onForbidden: error => {
        if (sender === this.#senders.at(-1)) void this.#leave(toBrokerError(error));
      },
      onTrouble: error => trouble.begin(error, performance.now()),
      onRecovered: () => trouble.end(performance.now()),
    });
    return sender;
  }

  /** One that was on its way when the right was taken away may be told of twice. */
  #sent(workId: number): void {
    if (this.#pending.delete(workId)) this.#handlers.onDeadLettered(workId);
  }

  #sendOn(workId: number, message: OutgoingMessage): void {
    const [placed] = this.#placed(message);
    if (placed !== undefined) this.#senders.at(-1)!.send(workId, [placed]);
  }

  #placed(message: OutgoingMessage): OutgoingMessage[] {
    if (message.topic !== this.#options.deadLetterTopic) return [message];
    if (this.#place === 'ended') return [];
    return [typeof this.#place === 'object' ? asKeptOn(this.#place.standIn, message) : message];
  }

  /** The topic that dead letters go to now takes nothing any more: those that are on their way go where the next ones go. */
  async #leave(cause: BrokerError): Promise<void> {
    const former = this.#place;
    if (former === 'leaving' || former === 'ended') return;
    const { deadLetterTopic, isRequired } = this.#options;
    this.#place = 'leaving';
    const standIn = isRequired || former !== 'own' ? undefined : await this.#standIn;
    if (this.#closing.signal.aborted) return;
    this.#giveUp(former === 'own' ? deadLetterTopic : former.standIn, cause, standIn);
    this.#place = standIn === undefined ? 'ended' : { standIn };
    if (standIn === undefined) {
      this.#pending.clear();
      if (!isRequired) this.#handlers.onEnded();
      return;
    }
    this.#senders.push(this.#createSender());
    this.#handlers.onStandIn(standIn);
    for (const [workId, message] of this.#pending) this.#sendOn(workId, message);
  }

  #giveUp(topic: string, cause: BrokerError, standIn?: string): void {
    const reason = cause.message;
    if (this.#options.isRequired) {
      const text = `dead letters cannot be written to topic ${topic}: ${reason}. --dead-letter-topic none does without`;
      this.#handlers.onFatal(cannotUse(text, cause));
      return;
    }
    const consequence = standIn === undefined ? withoutDeadLetters : withStandIn(standIn);
    this.#handlers.onLog({
      level: 'warn',
      fields: { deadLetterTopic: topic, reason },
      message: `dead letters are not written to topic ${topic}: ${reason}. ${consequence}`,
    });
  }
}

function withStandIn(topic: string): string {
  return `They are kept on the state topic ${topic}: reproducer replay --from-state-topic lists them and runs their files again`;
}

/** What it means. */
export const withoutDeadLetters =
  'Files that fail and messages that cannot be used are told in the log only, and their offsets move on';
