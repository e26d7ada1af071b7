import { pythonJson } from '../../wire/python-json.js';
import { pythonTimestamp } from './python-timestamp.js';

/**
 * Counts what the heartbeats of the original's upload of a folder tell: messages that Kafka has acknowledged, and bytes of their values,
 * since the last heartbeat.
 */
export class UploadHeartbeat {
  #messageCount = 0;
  #byteCount = 0;

  acked(values: readonly Uint8Array[]): void {
    this.#messageCount += values.length;
    for (const value of values) this.#byteCount += value.length;
  }

  /** The value of the next heartbeat; counting begins anew. */
  take(now: Date): string {
    const [messageCount, byteCount] = [this.#messageCount, this.#byteCount];
    this.#messageCount = 0;
    this.#byteCount = 0;
    return pythonJson({
      timestamp: pythonTimestamp(now),
      n_messages_produced: messageCount,
      n_bytes_produced: byteCount,
    });
  }
}
