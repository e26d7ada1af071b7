import type { Socket } from 'node:net';
import { BrokerError } from '../../errors.js';
import { toBrokerError } from './judge-kafka-error.js';

/** A connection that is not made for so long is worth telling of. */
const silenceMs = 1_000;

interface Attempt {
  readonly broker: string;
  readonly sinceMs: number;
}

/**
 * Knows why no connection is made, while kafkajs still tries: it keeps that to itself until it has given up, which takes seconds.
 *
 * One connection that is made ends the trouble: with several brokers, one of which is away, the others are asked.
 */
export class SocketTrouble {
  readonly #attempts = new Map<Socket, Attempt>();
  #failure: BrokerError | undefined;

  watch(socket: Socket, broker: string): void {
    this.#attempts.set(socket, { broker, sinceMs: performance.now() });
    socket.once('connect', () => {
      this.#attempts.delete(socket);
      this.#failure = undefined;
    });
    socket.once('error', error => {
      if (!this.#attempts.delete(socket)) return;
      this.#failure = toBrokerError('cannot reach Kafka', error, { brokers: [broker] });
    });
    socket.once('close', () => this.#attempts.delete(socket));
  }

  /** Of the attempt that failed last, or that has waited for an answer for a second. */
  get error(): BrokerError | undefined {
    if (this.#failure !== undefined) return this.#failure;
    const [first] = this.#attempts.values();
    if (first === undefined || performance.now() - first.sinceMs < silenceMs) return undefined;
    const text = `cannot reach Kafka at ${first.broker}: it does not answer`;
    return new BrokerError(text, { retriable: true, isCauseTold: true });
  }
}
