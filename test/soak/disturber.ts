import { setTimeout as delay } from 'node:timers/promises';
import { apiKeys, type ProxyApi, type ProxyFault } from '../invariants/harness/proxy-faults.js';
import { seededRandom, wholeBetween } from '../invariants/harness/seeded-random.js';
import type { RealKafka } from '../real-kafka/real-kafka.js';
import type { Crew } from './crew.js';

const actions = ['cut', 'cut', 'delay', 'drop'] as const;
const apis = Object.keys(apiKeys) as ProxyApi[];

/** Does one harm after another, as the seed says. */
export class Disturber {
  readonly #kafka: RealKafka;
  readonly #crew: Crew;
  readonly #random: () => number;
  readonly #faults: { readonly hitCount: number }[] = [];
  #brokerKillCount = 0;

  constructor(kafka: RealKafka, crew: Crew, seed: number) {
    this.#kafka = kafka;
    this.#crew = crew;
    this.#random = seededRandom(seed);
  }

  /** Resolves when all is well again. */
  async run(endMs: number): Promise<void> {
    while (Date.now() < endMs) {
      await delay(this.#whole(300, 2_500));
      await this.#disturb();
    }
    for (const proxy of this.#crew.proxies) proxy.disarm();
  }

  text(): string {
    const hits = this.#faults.reduce((sum, { hitCount }) => sum + hitCount, 0);
    return `${this.#brokerKillCount} broker kills, ${hits} requests or answers lost or delayed`;
  }

  async #disturb(): Promise<void> {
    const slot = this.#whole(0, this.#crew.proxies.length - 1);
    const dice = this.#random();
    if (dice < 0.35) this.#faults.push(this.#crew.proxies[slot]!.arm(this.#fault()));
    else if (dice < 0.7) await this.#crew.kill(slot);
    else if (dice < 0.92) await this.#crew.freeze(slot, this.#whole(500, 9_000));
    else await this.#killBroker();
  }

  async #killBroker(): Promise<void> {
    this.#brokerKillCount += 1;
    await this.#kafka.kill();
    await delay(this.#whole(0, 3_000));
    await this.#kafka.resume();
  }

  #fault(): ProxyFault {
    return {
      api: apis[this.#whole(0, apis.length - 1)]!,
      on: this.#random() < 0.5 ? 'request' : 'response',
      action: actions[this.#whole(0, actions.length - 1)]!,
      times: this.#whole(1, 3),
      delayMs: this.#whole(50, 3_000),
    };
  }

  #whole(least: number, most: number): number {
    return wholeBetween(this.#random, least, most);
  }
}
