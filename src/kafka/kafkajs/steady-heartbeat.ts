import { findCoordinatorAgain } from './find-coordinator-again.js';
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
  /** Whose coordinator is being looked for. */
  #searching: OffsetManager | undefined;

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
    // Heartbeats go on meanwhile: a coordinator that is away for a moment may be back before kafkajs looks again.
    if (this.#remainingMs === 0 && (await this.#send(member)) === 'unheard') void this.#search(member);
    if (this.#member === member) this.#wait(member);
  }

  async #send(member: OffsetManager): Promise<Outcome> {
    this.wasSent();
    const outcome = await send(member);
    if (outcome === 'expelled' && this.#member === member) this.stop();
    return outcome;
  }

  /** A search that outlives the member is ended by the client, which opens no connection any more once it is destroyed. */
  async #search(member: OffsetManager): Promise<void> {
    if (this.#member !== member || this.#searching === member) return;
    this.#searching = member;
    await findCoordinatorAgain(member);
    if (this.#searching === member) this.#searching = undefined;
    // At once, as much of the session is over.
    if (this.#member === member) await this.#send(member);
  }
}

/** `unheard`: the coordinator has not answered, or is another one. */
type Outcome = 'member' | 'expelled' | 'unheard';

async function send({ coordinator, groupId, memberId, generationId }: OffsetManager): Promise<Outcome> {
  // One that is not connected would connect, and who has closed it may be about to end.
  if (!coordinator.isConnected()) return 'unheard';
  try {
    await coordinator.heartbeat({ groupId, memberId, groupGenerationId: generationId });
  } catch (error) {
    const { kind, type } = judgeKafkaError(error);
    if (kind !== 'stale') return 'unheard';
    // Until the next generation begins the member is in this one.
    if (type !== 'REBALANCE_IN_PROGRESS') return 'expelled';
  }
  return 'member';
}
