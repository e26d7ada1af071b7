import { BrokerError } from '../../src/errors.js';
import type { OutgoingRecord, ProducerPort } from '../../src/kafka/driver.js';
import type { SeenContent } from './facts.js';
import type { EventOwner } from './scheduler.js';
import type { SimulatedKafka } from './simulated-kafka.js';

const requestTimeoutMs = 400;

/** A producer on the simulated broker. Its results are copies of files, so that the checker sees what the method saw. */
export class SimulatedProducer implements ProducerPort {
  readonly #kafka: SimulatedKafka;
  readonly #worker: string;
  readonly #owner: EventOwner;
  /** Sends that were not answered yet. */
  openCount = 0;

  constructor(kafka: SimulatedKafka, worker: string, owner: EventOwner) {
    this.#kafka = kafka;
    this.#worker = worker;
    this.#owner = owner;
  }

  send(topic: string, _partition: number, records: readonly OutgoingRecord[]): Promise<void> {
    const { random, scheduler, facts } = this.#kafka.world;
    const results = topic === 'results' ? records.map(resultOf) : [];
    const states = topic === 'results' ? [] : records;
    for (const { callId } of results) facts.add({ kind: 'sent', worker: this.#worker, callId });
    this.openCount += 1;
    return new Promise((resolve, reject) => {
      const settle = (delayMs: number, run: () => void): void =>
        scheduler.after(delayMs, this.#owner, () => {
          this.openCount -= 1;
          run();
        });
      const fail = (): void => reject(new BrokerError('no answer to a produce', { retriable: true }));
      scheduler.after(random.whole(`produce ${this.#worker}`, 0, 60), undefined, () => {
        if (this.#kafka.isDown) return settle(requestTimeoutMs, fail);
        for (const { callId, content } of results) this.#kafka.result(this.#worker, callId, content);
        this.#kafka.states.append(states, true);
        this.#kafka.states.tell(this.#worker, states);
        if (this.#kafka.loses.produceAnswers) return settle(requestTimeoutMs, fail);
        settle(random.whole(`produce ${this.#worker}`, 0, 60), () => {
          for (const { callId } of results) facts.add({ kind: 'acknowledged', worker: this.#worker, callId });
          resolve();
        });
      });
    });
  }

  partitionCount(): Promise<number> {
    return Promise.resolve(1);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

export interface SimulatedResult {
  readonly callId: number;
  readonly content: SeenContent;
}

/** What the checker reads of a result. */
export function resultOf({ value, headers }: Pick<OutgoingRecord, 'value' | 'headers'>): SimulatedResult {
  const text = (name: string): string => String(headers[name]);
  const content = {
    path: text('file-path'),
    sha512: text('sha512'),
    resultId: text('result-id'),
    bytes: Buffer.from(value ?? []),
  };
  return { callId: Number(text('call-id')), content };
}
