import type { AdminPort, KafkaDriver } from './driver.js';

/** An admin connection for questions that may go without an answer. It connects when first asked, and anew after a failure. */
export class OnDemandAdmin {
  readonly #driver: Pick<KafkaDriver, 'admin'>;
  #admin: Promise<AdminPort> | undefined;

  constructor(driver: Pick<KafkaDriver, 'admin'>) {
    this.#driver = driver;
  }

  /** @returns undefined when there was no answer: the consumer tells people that the broker is away */
  async ask<T>(question: (admin: AdminPort) => Promise<T>): Promise<T | undefined> {
    try {
      this.#admin ??= this.#driver.admin();
      return await question(await this.#admin);
    } catch {
      await this.close();
      return undefined;
    }
  }

  async close(): Promise<void> {
    const admin = this.#admin;
    this.#admin = undefined;
    await admin?.then(port => port.close()).catch(() => undefined);
  }
}
