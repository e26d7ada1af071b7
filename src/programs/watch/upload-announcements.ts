import type { CompiledWorkerOptions } from '../../config/worker-options.js';
import { Announcer } from '../../engine/announcer.js';
import type { KafkaDriver, OutgoingRecord } from '../../kafka/driver.js';
import { LogMessages } from '../../observe/announce/log-messages.js';
import type { LogRelay } from '../../observe/announce/log-relay.js';
import { UploadHeartbeat } from '../../observe/announce/upload-heartbeat.js';
import type { LineWriter } from '../../observe/line-writer.js';

/** What an upload that runs on tells of itself on topics, as far as its options ask for it. */
export class UploadAnnouncements {
  readonly #heartbeat = new UploadHeartbeat();
  readonly #announcers: Announcer[] = [];

  /** @param relay gives the lines of the log */
  constructor(
    driver: KafkaDriver,
    { heartbeats, logMessages }: CompiledWorkerOptions,
    log: LineWriter,
    relay: LogRelay | undefined,
  ) {
    const tell = (subject: string, key: string, where: Where, take: (now: Date) => string[]): void => {
      const { topic, intervalMs } = where;
      const announcement = { subject, key, topic, intervalMs, take };
      this.#announcers.push(
        new Announcer(announcement, driver.producer(), ({ level, fields, message }) =>
          log[level](fields, message),
        ),
      );
    };
    if (heartbeats !== undefined)
      tell('heartbeats', `${heartbeats.programId}_heartbeat`, heartbeats, now => [this.#heartbeat.take(now)]);
    if (logMessages !== undefined) {
      const messages = new LogMessages();
      relay?.connect(line => messages.add(line));
      tell('log messages', `${logMessages.programId}_log`, logMessages, now => messages.take(now));
    }
  }

  acked(records: readonly OutgoingRecord[]): void {
    this.#heartbeat.acked(records.flatMap(({ value }) => value ?? []));
  }

  /** Sends the last ones. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#announcers.map(announcer => announcer.close()));
  }
}

type Where = Readonly<{ topic: string; intervalMs: number }>;
