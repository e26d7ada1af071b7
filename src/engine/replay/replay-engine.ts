import { BrokerError } from '../../errors.js';
import { resolvedMessage } from '../../failures/dead-letter-message.js';
import type { FileVersion } from '../../assembly/file-version.js';
import type { KafkaDriver } from '../../kafka/driver.js';
import type { FileSettled, OutgoingMessage } from '../../processing/file-work.js';
import { resultId } from '../../wire/result-id.js';
import { isKeptOnStateTopic, LetterWriter, type FileFailure } from '../dead-letters/letter-writer.js';
import type { Engine, EngineEnd, EngineListener, EngineOptions } from '../engine.js';
import { doneReport, failedReport, refusal } from '../file-end-reports.js';
import { describeFile, type OpenFile } from '../open-file.js';
import { OutcomeRecorder } from '../outcome-recorder.js';
import { RecentOutcomes } from '../recent-outcomes.js';
import { ResultSender } from '../result-sender.js';
import { StateTopic } from '../state-topic.js';
import { loneFile } from './lone-file.js';
import { RebuildError, rebuildFile, type ReplayItem } from './rebuild-file.js';

const rememberedOutcomes = 200_000;

/** One file under way. */
interface Replaying {
  readonly item: ReplayItem;
  readonly file: OpenFile;
  readonly settled: (settled: FileSettled) => void;
}

/**
 * Runs named files again: reads just their chunks, hands the files to the method, produces what it returns.
 *
 * In this order each step is acknowledged before the next: results, the outcome on the state topic, the end of the dead letter. A crash
 * in between repeats what came before, with the same `result-id`; a file of which the outcome is recorded is not run again.
 */
export class ReplayEngine implements Engine {
  readonly ended: Promise<EngineEnd>;
  readonly #options: EngineOptions;
  readonly #listener: EngineListener;
  readonly #driver: KafkaDriver;
  readonly #sender: ResultSender;
  readonly #stateTopic: StateTopic | undefined;
  readonly #outcomes = new RecentOutcomes(rememberedOutcomes);
  /** Undefined: outcomes are not kept. */
  #recorder: OutcomeRecorder | undefined;
  readonly #stopping = new AbortController();
  readonly #running = new Map<number, Replaying>();
  readonly #sending = new Map<number, (error: Error | undefined) => void>();
  #lastWorkId = 0;
  #failure: Error | undefined;

  /** @param items run in this order, those of one path one after another */
  constructor(
    options: EngineOptions,
    listener: EngineListener,
    driver: KafkaDriver,
    items: readonly ReplayItem[],
  ) {
    this.#options = options;
    this.#listener = listener;
    this.#driver = driver;
    this.#sender = this.#createSender();
    const { stateTopic, consumeTopic: topic, groupId } = options.options;
    if (stateTopic !== undefined) {
      const { name, version = '' } = options;
      const timeOriginMs = performance.timeOrigin;
      this.#recorder = new OutcomeRecorder(
        { topic, stateTopic, name, version, groupId, timeOriginMs },
        this.#outcomes,
      );
      this.#stateTopic = this.#createStateTopic(stateTopic);
    }
    this.ended = this.#run(items);
  }

  settle(settled: FileSettled): void {
    const replaying = this.#running.get(settled.workId);
    this.#running.delete(settled.workId);
    replaying?.settled(settled);
  }

  /** As many are run at a time as may be called, whether they are or wait. */
  backOff(): void {}

  /** Files that are run again are in memory. */
  content(): void {}

  stop(): void {
    if (this.#stopping.signal.aborted) return;
    this.#stopping.abort(new Error('the replay was stopped'));
    this.#listener.onDiscard('queued', 'stopped');
    this.#listener.onReport({ kind: 'draining', reason: 'stopped' });
  }

  /** Log lines of a replay go to no topic. */
  keepLogLine(): void {}

  abandon(): void {
    this.stop();
    this.#listener.onDiscard('all', 'stopped');
  }

  async #run(items: readonly ReplayItem[]): Promise<EngineEnd> {
    let end: EngineEnd = { kind: 'drained', reason: 'idle' };
    try {
      const reading = await this.#stateTopic?.read();
      this.#recorder?.load(reading?.paths ?? []);
      if (reading?.isKept === false) this.#recorder = undefined;
      const lanes = byPath(items);
      const places = Array.from({ length: this.#options.options.concurrency }, () => this.#work(lanes));
      await Promise.all(places);
      if (this.#stopping.signal.aborted) end = { kind: 'drained', reason: 'stopped' };
    } catch (error) {
      this.#failure ??= error as Error;
    }
    await Promise.allSettled([this.#sender.close(), this.#stateTopic?.close()]);
    return this.#failure === undefined ? end : { kind: 'failed', error: this.#failure };
  }

  /** One of the files at a time: takes paths until there are none left. */
  async #work(lanes: ReplayItem[][]): Promise<void> {
    for (let lane = lanes.shift(); lane !== undefined; lane = lanes.shift()) {
      for (const item of lane) {
        if (this.#stopping.signal.aborted || this.#failure !== undefined) return;
        await this.#replay(item);
      }
    }
  }

  async #replay(item: ReplayItem): Promise<void> {
    if (item.letterKey !== undefined && this.#outcomes.get(item.versionId) === 'done') {
      const message = `${item.path} was done since it was given up: its dead letter is dealt with`;
      this.#listener.onLog({ level: 'info', fields: { file: item.path }, message });
      return this.#resolve(item.letterKey, 'done before');
    }
    const { consumeTopic } = this.#options.options;
    let version: FileVersion;
    try {
      version = await rebuildFile(this.#driver, consumeTopic, item, this.#stopping.signal);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      if (!(error instanceof RebuildError)) throw error;
      const { reason, message } = error;
      return this.#fail(item, this.#open(error.version ?? item), {
        reason,
        error: { name: 'Error', message },
      });
    }
    const file = this.#open(version);
    file.size = version.size;
    await this.#end(item, file, await this.#process(item, file, version));
  }

  #open(content: FileVersion | ReplayItem): OpenFile {
    this.#lastWorkId += 1;
    return loneFile(this.#lastWorkId, content, performance.now());
  }

  #process(item: ReplayItem, file: OpenFile, version: FileVersion): Promise<FileSettled> {
    const { name, version: classVersion = '', options } = this.#options;
    const { path, fileHash, count } = version.identity;
    return new Promise(settled => {
      this.#running.set(file.workId, { item, file, settled });
      this.#listener.onFileReady({
        workId: file.workId,
        info: describeFile(file, options.consumeTopic),
        bytes: version.handOver(),
        size: file.size,
        resultId: resultId(name, classVersion, path, fileHash, count),
      });
    });
  }

  async #end(item: ReplayItem, file: OpenFile, settled: FileSettled): Promise<void> {
    const { outcome } = settled;
    file.attempts = settled.attempts;
    file.processingMs = settled.processingMs;
    if (outcome.kind === 'discarded') return;
    if (outcome.kind === 'failed') return this.#fail(item, file, outcome);
    file.messageCount = outcome.messages.length;
    file.messageBytes = outcome.messages.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    if (outcome.skipped !== undefined) file.skipped = outcome.skipped;
    const refused = await this.#send(outcome.messages);
    if (refused === undefined) await this.#done(item, file);
    else await this.#fail(item, file, refusal(refused, file));
  }

  async #done(item: ReplayItem, file: OpenFile): Promise<void> {
    const report = doneReport(file, this.#options.options.consumeTopic);
    const decidedAtMs = performance.now();
    const decided = { kind: 'decided', file, outcome: 'done', decidedAtMs, messages: [], report } as const;
    if (this.#recorder !== undefined) await this.#send([this.#recorder.messageFor(decided)]);
    this.#recorder?.noteRecorded(file, 'done');
    if (item.letterKey !== undefined) await this.#resolve(item.letterKey, 'replayed');
    this.#listener.onReport(report(decidedAtMs));
  }

  async #fail(item: ReplayItem, file: OpenFile, failure: FileFailure): Promise<void> {
    const { consumeTopic, groupId } = this.#options.options;
    const letterTopic = this.#letterTopicOf(item.letterKey);
    if (letterTopic !== undefined && failure.reason !== 'chunks-lost') {
      const writer = new LetterWriter({
        ...{ topic: consumeTopic, deadLetterTopic: letterTopic, groupId: item.groupId ?? groupId },
        ...{ name: this.#options.name, version: this.#options.version ?? '' },
        timeOriginMs: performance.timeOrigin,
      });
      if (isKeptOnStateTopic(item.letterKey!)) writer.useStandIn(letterTopic);
      await this.#send([writer.forFile(file, failure, performance.now())]);
    }
    this.#listener.onReport(failedReport(file, consumeTopic, failure, letterTopic)(performance.now()));
  }

  async #resolve(key: string, how: string): Promise<void> {
    const topic = this.#letterTopicOf(key);
    if (topic !== undefined) await this.#send([resolvedMessage(topic, key, how)]);
  }

  /** Where a dead letter lies; undefined: there is none, or it is not known where. */
  #letterTopicOf(key: string | undefined): string | undefined {
    if (key === undefined) return undefined;
    const { deadLetterTopic, stateTopic } = this.#options.options;
    return isKeptOnStateTopic(key) ? stateTopic : deadLetterTopic;
  }

  /** @returns why Kafka will never take one of them; undefined when all are acknowledged */
  #send(messages: readonly OutgoingMessage[]): Promise<Error | undefined> {
    if (messages.length === 0) return Promise.resolve(undefined);
    this.#lastWorkId += 1;
    const workId = this.#lastWorkId;
    return new Promise(resolve => {
      this.#sending.set(workId, resolve);
      this.#sender.send(workId, messages);
    });
  }

  #createSender(): ResultSender {
    const sent = (workId: number, error?: Error): void => {
      this.#sending.get(workId)?.(error);
      this.#sending.delete(workId);
    };
    return new ResultSender(this.#driver.producer(), {
      onProduced: workId => sent(workId),
      onRefused: (workId, error) => sent(workId, error),
      onForbidden: error => {
        this.#failure ??= error;
        this.stop();
        for (const workId of [...this.#sending.keys()]) sent(workId, error);
      },
      onTrouble: error =>
        this.#listener.onLog({ level: 'warn', fields: {}, message: `${error.message}; it is tried again` }),
      onRecovered: () => undefined,
    });
  }

  #createStateTopic(stateTopic: string): StateTopic {
    const { consumeTopic, groupId, requiresStateTopic: isRequired = false } = this.#options.options;
    return new StateTopic(
      this.#driver,
      { stateTopic, consumeTopic, groupId, isRequired },
      {
        onRecorded: () => undefined,
        onNoted: () => undefined,
        onEnded: () => undefined,
        onFatal: error => (this.#failure ??= new BrokerError(error.message, { retriable: false })),
        onLog: line => this.#listener.onLog(line),
      },
    );
  }
}

/** Items of one path one after another, as versions of a file never run at the same time. */
function byPath(items: readonly ReplayItem[]): ReplayItem[][] {
  const lanes = new Map<string, ReplayItem[]>();
  for (const item of items) {
    const lane = lanes.get(item.path);
    if (lane === undefined) lanes.set(item.path, [item]);
    else lane.push(item);
  }
  return [...lanes.values()];
}
