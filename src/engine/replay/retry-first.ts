import { BrokerError } from '../../errors.js';
import type { KafkaDriver } from '../../kafka/driver.js';
import type { ContentRequest } from '../../processing/content/content-messages.js';
import type { FileSettled } from '../../processing/file-work.js';
import type { EngineEnd, EngineListener, EngineOptions, RunningEngine } from '../engine.js';
import { isKeptOnStateTopic } from '../dead-letters/letter-writer.js';
import { persist, toBrokerError } from '../own-topic.js';
import { TroubleLog } from '../trouble-log.js';
import { ReplayEngine } from './replay-engine.js';
import { isOfClass, readStoredLetters, replayItemOf, type StoredLetter } from './stored-letters.js';

/** Runs the files of the group's dead letters again, and then the engine that reads the topic. */
export class RetryFirst implements RunningEngine {
  readonly ended: Promise<EngineEnd>;
  readonly #options: EngineOptions;
  readonly #listener: EngineListener;
  readonly #driver: KafkaDriver;
  readonly #startNext: () => RunningEngine;
  readonly #stopping = new AbortController();
  #current: RunningEngine | undefined;

  constructor(
    options: EngineOptions,
    listener: EngineListener,
    driver: KafkaDriver,
    startNext: () => RunningEngine,
  ) {
    this.#options = options;
    this.#listener = listener;
    this.#driver = driver;
    this.#startNext = startNext;
    this.ended = this.#run();
  }

  settle(settled: FileSettled): void {
    this.#current?.settle(settled);
  }

  backOff(workId: number, isBackingOff: boolean): void {
    this.#current?.backOff(workId, isBackingOff);
  }

  content(request: ContentRequest): void {
    this.#current?.content(request);
  }

  stop(): void {
    this.#stopping.abort();
    this.#current?.stop();
  }

  abandon(): void {
    this.#stopping.abort();
    this.#current?.abandon();
  }

  async #run(): Promise<EngineEnd> {
    const read = await this.#read();
    if (read.kind === 'failed') return { kind: 'failed', error: this.#cannotRead(read.error) };
    const items = read.kind === 'done' ? this.#choose(read.value).flatMap(replayItemOf) : [];
    if (items.length > 0 && !this.#stopping.signal.aborted) {
      const message = `${items.length} of the files that failed before are run again (--retry-failed)`;
      this.#listener.onLog({ level: 'info', fields: { files: items.length }, message });
      this.#current = new ReplayEngine(this.#options, this.#listener, this.#driver, items);
      const end = await this.#current.ended;
      if (end.kind === 'failed') return end;
    }
    if (this.#stopping.signal.aborted) return { kind: 'drained', reason: 'stopped' };
    this.#current = this.#startNext();
    return this.#current.ended;
  }

  #read(): ReturnType<typeof persist<StoredLetter[]>> {
    const trouble = new TroubleLog('reading dead letters', line => this.#listener.onLog(line));
    return persist(() => this.#readOnce(), this.#stopping.signal, {
      onTrouble: error => trouble.begin(error, performance.now()),
      onRecovered: () => trouble.end(performance.now()),
    });
  }

  /** Those that the state topic keeps are of times when the dead-letter topic took none. */
  async #readOnce(): Promise<StoredLetter[]> {
    const { deadLetterTopic, stateTopic } = this.#options.options;
    const { requiresDeadLetterTopic = false, requiresStateTopic = false } = this.#options.options;
    const letters = await this.#readTopic(deadLetterTopic!, requiresDeadLetterTopic);
    if (stateTopic === undefined) return letters;
    const onStateTopic = await this.#readTopic(stateTopic, requiresStateTopic);
    return [...letters, ...onStateTopic.filter(({ key }) => isKeptOnStateTopic(key))];
  }

  /** @param isRequired the worker does not do without it; else there are none on a topic that it may not read */
  async #readTopic(topic: string, isRequired: boolean): Promise<StoredLetter[]> {
    try {
      return await this.#readLetters(topic);
    } catch (error) {
      if (isRequired || !toBrokerError(error).isForbidden) throw error;
      const message = `--retry-failed leaves out what topic ${topic} has of files that failed before: ${(error as Error).message}`;
      this.#listener.onLog({ level: 'warn', fields: { topic }, message });
      return [];
    }
  }

  async #readLetters(topic: string): Promise<StoredLetter[]> {
    const admin = await this.#driver.admin();
    try {
      // Made by the engine, when it has something to give up at the latest.
      if ((await admin.describeTopic(topic)) === null) return [];
    } finally {
      await admin.close();
    }
    return readStoredLetters(this.#driver, topic);
  }

  /** What the group gave up, but for what would harm the worker. */
  #choose(letters: readonly StoredLetter[]): StoredLetter[] {
    const { options, name } = this.#options;
    const { consumeTopic, groupId, memoryBudgetBytes } = options;
    const own = letters.filter(
      stored =>
        stored.letter.kind === 'file' &&
        stored.letter.groupId === groupId &&
        isOfClass(stored, { name, consumeTopic }),
    );
    const crashing = own.filter(({ letter }) => letter.reason === 'crashed');
    this.#tellLeft(crashing, 'the process died of them');
    const large = own.filter(
      stored =>
        !crashing.includes(stored) && 'size' in stored.letter && stored.letter.size > memoryBudgetBytes,
    );
    this.#tellLeft(large, 'they are larger than --memory-budget');
    return own.filter(stored => !crashing.includes(stored) && !large.includes(stored));
  }

  #tellLeft(letters: readonly StoredLetter[], because: string): void {
    if (letters.length === 0) return;
    const paths = letters.flatMap(({ letter }) => ('path' in letter ? [letter.path] : []));
    const message = `${paths.length} of the files that failed before are not run again by --retry-failed, as ${because}: ${paths.slice(0, 5).join(', ')}${paths.length > 5 ? ', ...' : ''}. reproducer replay runs them`;
    this.#listener.onLog({ level: 'warn', fields: { files: paths }, message });
  }

  #cannotRead(cause: BrokerError): BrokerError {
    const { deadLetterTopic, stateTopic } = this.#options.options;
    const topics = stateTopic === undefined ? deadLetterTopic! : `${deadLetterTopic!} and on ${stateTopic}`;
    const text = `--retry-failed cannot read the dead letters on topic ${topics}: ${cause.message}. Leave it out to go on without`;
    return new BrokerError(text, { cause, retriable: false });
  }
}
