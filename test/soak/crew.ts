import { setTimeout as delay } from 'node:timers/promises';
import { KafkaProxy } from '../invariants/harness/kafka-proxy.js';
import type { Scene } from '../invariants/harness/scene.js';
import type { WorkerProcess } from '../invariants/harness/worker-process.js';

const commonFlags = [
  '--log-level',
  'debug',
  '--session-timeout',
  '4s',
  '--concurrency',
  '2',
  '--delay-ms',
  '20',
];
const stopMs = 30_000;

export type Delivery = 'at-least-once' | 'exactly-once';

/** The workers, each behind a proxy of its own, and what happened to them. */
export class Crew {
  readonly proxies: readonly KafkaProxy[];
  readonly #scene: Scene;
  readonly #program: string;
  readonly #flags: readonly string[];
  readonly #workers: WorkerProcess[] = [];
  readonly #ended: WorkerProcess[] = [];
  killCount = 0;
  zombieCount = 0;
  #unexpectedEndCount = 0;

  private constructor(scene: Scene, program: string, delivery: Delivery, proxies: readonly KafkaProxy[]) {
    this.#scene = scene;
    this.#program = program;
    this.#flags = [...commonFlags, '--delivery', delivery];
    this.proxies = proxies;
  }

  static async start(scene: Scene, program: string, delivery: Delivery, workerCount: number): Promise<Crew> {
    const proxies: KafkaProxy[] = [];
    for (let slot = 0; slot < workerCount; slot += 1) proxies.push(await KafkaProxy.start(scene.brokers[0]!));
    const crew = new Crew(scene, program, delivery, proxies);
    for (let slot = 0; slot < workerCount; slot += 1) crew.#start(slot);
    return crew;
  }

  /** kill -9, and another one in its place. */
  async kill(slot: number): Promise<void> {
    const worker = this.#workers[slot]!;
    if (worker.hasExited) this.#unexpectedEndCount += 1;
    await worker.kill();
    this.killCount += 1;
    this.#ended.push(worker);
    this.#start(slot);
  }

  /** SIGSTOP and SIGCONT. */
  async freeze(slot: number, forMs: number): Promise<void> {
    const worker = this.#workers[slot]!;
    worker.send('SIGSTOP');
    this.zombieCount += 1;
    await delay(forMs);
    worker.send('SIGCONT');
  }

  /** SIGTERM for all. */
  async stop(): Promise<void> {
    for (const worker of this.#workers) worker.send('SIGTERM');
    await Promise.race([Promise.all(this.#workers.map(({ exited }) => exited)), delay(stopMs)]);
  }

  async close(): Promise<void> {
    for (const proxy of this.proxies) await proxy.close();
  }

  text(): string {
    const all = [...this.#ended, ...this.#workers];
    const count = (kind: string): number =>
      all.reduce((sum, { lines }) => sum + lines.filter(line => line['kind'] === kind).length, 0);
    return (
      `${this.killCount} kills, ${this.zombieCount} frozen, ${count('resumed')} times a partition taken over, ` +
      `${count('partitions-lost')} times partitions lost, ${this.#unexpectedEndCount} ended by themselves`
    );
  }

  #start(slot: number): void {
    this.#scene.workerBrokers = this.proxies[slot]!.brokers;
    this.#workers[slot] = this.#scene.start(this.#program, ...this.#flags);
  }
}
