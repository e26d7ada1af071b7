import { BrokerError } from '../../errors.js';
import type { CancellationToken, OutgoingRecord } from '../driver.js';
import { headerBytes } from '../header-bytes.js';
import { judgeKafkaError } from './judge-kafka-error.js';

/** Sends records as one batch. */
export type SendBatch = (records: readonly OutgoingRecord[]) => Promise<void>;

/** Calls that wait are joined up to this many bytes and records; a single call is never split. */
export interface JoinLimits {
  readonly maxBytes: number;
  readonly maxRecordCount: number;
}

/** Far below the broker's default limit for a batch, 1,048,588 bytes. */
const defaultJoinLimits: JoinLimits = { maxBytes: 524_288, maxRecordCount: 1_000 };

interface WaitingCall {
  readonly records: readonly OutgoingRecord[];
  readonly byteLength: number;
  readonly token: CancellationToken | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * Sends to one partition, one batch after the other.
 *
 * One after the other, because of a race in kafkajs's idempotent producer: send A (sequence 5) is appended but its
 * answer is lost; kafkajs takes the sequence back and waits before it retries A; send B goes out with sequence 5; the
 * broker takes B for the repeated A and answers "done". B is lost, and A is appended twice.
 *
 * Calls made meanwhile are joined into one batch: kafkajs has one request in flight per broker and no batching.
 */
export class PartitionSender {
  readonly #sendBatch: SendBatch;
  readonly #limits: JoinLimits;
  readonly #waiting: WaitingCall[] = [];
  #running: Promise<void> | undefined;

  constructor(sendBatch: SendBatch, limits: JoinLimits = defaultJoinLimits) {
    this.#sendBatch = sendBatch;
    this.#limits = limits;
  }

  /** @param token cancelled while they wait: they are not sent, and this rejects */
  send(records: readonly OutgoingRecord[], token?: CancellationToken): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ records, byteLength: byteLengthOf(records), token, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    // Calls of the same turn belong together.
    await Promise.resolve();
    for (let calls = this.#takeJoined(); calls.length > 0; calls = this.#takeJoined())
      await this.#sendJoined(calls);
    // In the same turn as the look at the queue: a call that comes between the two would wait for ever.
    this.#running = undefined;
  }

  #takeJoined(): WaitingCall[] {
    const joined: WaitingCall[] = [];
    let [byteLength, recordCount] = [0, 0];
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      if (wasCancelled(next)) {
        this.#waiting.shift();
        continue;
      }
      byteLength += next.byteLength;
      recordCount += next.records.length;
      const isTooMuch = byteLength > this.#limits.maxBytes || recordCount > this.#limits.maxRecordCount;
      if (isTooMuch && joined.length > 0) break;
      joined.push(this.#waiting.shift()!);
    }
    return joined;
  }

  async #sendJoined(calls: readonly WaitingCall[]): Promise<void> {
    try {
      await this.#sendBatch(calls.flatMap(call => call.records));
    } catch (error) {
      // One bad record must not fail the calls that it was joined with.
      if (calls.length > 1 && judgeKafkaError(error).kind === 'refused')
        for (const call of calls) await (wasCancelled(call) ? undefined : this.#sendJoined([call]));
      else for (const call of calls) call.reject(error);
      return;
    }
    for (const call of calls) call.resolve();
  }
}

/** Rejects a call that is not to be sent any more. */
function wasCancelled(call: WaitingCall): boolean {
  if (call.token?.isCancelled !== true) return false;
  call.reject(new BrokerError('cancelled before it was sent', { retriable: true }));
  return true;
}

function byteLengthOf(records: readonly OutgoingRecord[]): number {
  let byteLength = 0;
  for (const { key, value, headers } of records) {
    byteLength += 64 + (key?.byteLength ?? 0) + (value?.byteLength ?? 0) + headerBytes(headers);
  }
  return byteLength;
}
