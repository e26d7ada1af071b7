import { judgeKafkaError } from './judge-kafka-error.js';
import type { OffsetManager } from './kafkajs-internals.js';

export interface HeartbeatTimes {
  readonly sessionTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
}

/**
 * Keeps a member in its group while kafkajs waits for an answer. kafkajs sends heartbeats only between fetches: an answer that a quota
 * or a slow line holds back for longer than the session timeout would cost the member its partitions, and what it had read of them,
 * each time anew.
 *
 * It only speaks up when kafkajs is late, and leaves what the group answers to kafkajs's own next heartbeat.
 */
export class SteadyHeartbeat {
  readonly #patienceMs: number;
  #member: OffsetManager | undefined;
  #lastAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor({ sessionTimeoutMs, heartbeatIntervalMs }: HeartbeatTimes) {
    const room = sessionTimeoutMs - heartbeatIntervalMs;
    this.#patienceMs = heartbeatIntervalMs + Math.min(heartbeatIntervalMs, Math.max(room, 0)) / 2;
  }

  /** A generation begins: of this member of it. */
  begin(member: OffsetManager | undefined): void {
    this.stop();
    if (member === undefined) return;
    this.#member = member;
    this.wasSent();
    this.#wait(member);
  }

  /** kafkajs has sent one. */
  wasSent(): void {
    this.#lastAt = performance.now();
  }

  /** Before the member leaves its generation. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#member = undefined;
  }

  #wait(member: OffsetManager): void {
    this.#timer = setTimeout(() => void this.#sendIfLate(member), this.#remainingMs);
  }

  get #remainingMs(): number {
    return Math.max(this.#lastAt + this.#patienceMs - performance.now(), 0);
  }

  async #sendIfLate(member: OffsetManager): Promise<void> {
    if (this.#remainingMs === 0) {
      this.wasSent();
      if ((await send(member)) === 'expelled' && this.#member === member) this.stop();
    }
    if (this.#member === member) this.#wait(member);
  }
}

async function send({
  coordinator,
  groupId,
  memberId,
  generationId,
}: OffsetManager): Promise<'member' | 'expelled'> {
  // One that is not connected would connect, and who has closed it may be about to end.
  if (!coordinator.isConnected()) return 'member';
  try {
    await coordinator.heartbeat({ groupId, memberId, groupGenerationId: generationId });
  } catch (error) {
    const { kind, type } = judgeKafkaError(error);
    // Until the next generation begins the member is in this one.
    if (kind === 'stale' && type !== 'REBALANCE_IN_PROGRESS') return 'expelled';
  }
  return 'member';
}
