import type { KafkaDriver } from '../kafka/driver.js';
import { Heartbeat } from '../observe/announce/heartbeat.js';
import { LogMessages } from '../observe/announce/log-messages.js';
import { MetricsServer } from '../observe/metrics/metrics-server.js';
import { FileTables } from '../observe/tables/file-tables.js';
import { Announcer } from './announcer.js';
import type { Engine, EngineEnd, EngineListener, EngineOptions, RunningEngine } from './engine.js';

type Observer = Pick<EngineListener, 'onReport' | 'onProgress'>;
/** A part that ends after the engine. */
interface Closable {
  close(): Promise<void> | void;
}

/**
 * What tells others about an engine: metrics, heartbeats, log messages, tables of files, as far as the options ask for them. All of it lives in the
 * engine's thread, so that a method that computes keeps none of it back.
 */
export class EngineObservers {
  readonly #listener: EngineListener;
  readonly #observers: Observer[] = [];
  readonly #closables: Closable[] = [];
  readonly #logMessages = new LogMessages();
  readonly #tables: FileTables | undefined;

  constructor(engineOptions: EngineOptions, listener: EngineListener, driver: KafkaDriver) {
    this.#listener = listener;
    const { options, name, version = '' } = engineOptions;
    const { metrics, heartbeats, logMessages, tablesFolder } = options;
    const { consumeTopic: topic, groupId: group, produceTopic } = options;
    const log: EngineListener['onLog'] = line => listener.onLog(line);
    if (metrics !== undefined) {
      const server = new MetricsServer({ ...metrics, labels: { name, version, topic, group }, log });
      this.#observers.push(server);
      this.#closables.push(server);
    }
    if (heartbeats !== undefined) {
      const { programId, ...where } = heartbeats;
      const heartbeat = new Heartbeat(produceTopic !== undefined);
      const take = (now: Date): string[] => [heartbeat.take(now)];
      const announcement = { subject: 'heartbeats', key: `${programId}_heartbeat`, ...where, take };
      this.#observers.push(heartbeat);
      this.#closables.push(new Announcer(announcement, driver.producer(), log));
    }
    if (logMessages !== undefined) {
      const { programId, ...where } = logMessages;
      const take = (now: Date): string[] => this.#logMessages.take(now);
      const announcement = { subject: 'log messages', key: `${programId}_log`, ...where, take };
      this.#closables.push(new Announcer(announcement, driver.producer(), log));
    }
    if (tablesFolder !== undefined) {
      const names = { topic, group, ...(produceTopic === undefined ? {} : { produceTopic }) };
      this.#tables = new FileTables({ ...names, folder: tablesFolder, log });
      this.#observers.push(this.#tables);
      this.#closables.push(this.#tables);
    }
  }

  /** What the engine is to tell: it goes to the observers first, then to the listener. */
  get listener(): EngineListener {
    const listener = this.#listener;
    return {
      onFileReady: file => listener.onFileReady(file),
      onDiscard: (scope, reason) => listener.onDiscard(scope, reason),
      onReport: report => {
        for (const observer of this.#observers) observer.onReport(report);
        listener.onReport(report);
      },
      onProgress: progress => {
        for (const observer of this.#observers) observer.onProgress(progress);
        listener.onProgress(progress);
      },
      onLog: line => listener.onLog(line),
      onContent: answer => listener.onContent(answer),
      ...(this.#tables === undefined ? {} : { watcher: this.#tables }),
    };
  }

  /** The engine as its user sees it: it has ended when the observers have, too. */
  observe(engine: RunningEngine): Engine {
    return {
      ended: engine.ended.then(end => this.#close(end)),
      settle: settled => engine.settle(settled),
      backOff: (workId, isBackingOff) => engine.backOff(workId, isBackingOff),
      content: request => engine.content(request),
      stop: () => engine.stop(),
      abandon: () => engine.abandon(),
      keepLogLine: line => this.#logMessages.add(line),
    };
  }

  async #close(end: EngineEnd): Promise<EngineEnd> {
    await Promise.allSettled(this.#closables.map(async closable => closable.close()));
    return end;
  }
}
