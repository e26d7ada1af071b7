import {
  Processor,
  Reproducer,
  ResultMessage,
  runReproducer,
  type DataFile,
  type ProcessorContext,
  type StartContext,
  type StopContext,
} from 'kafka-reproducer';
import { SampleRegistry } from './sample-registry.js';

interface Weighing {
  readonly sample: string;
  readonly milligrams: number;
}

/** Splits the log of a balance into one message per weighing and adds who owns the sample. */
@Reproducer('balance-logs', 'weighings')
export class WeighLog {
  readonly #registry: SampleRegistry;

  constructor(registry: SampleRegistry) {
    this.#registry = registry;
  }

  /** Before the first message is read. */
  async onStart({ log }: StartContext): Promise<void> {
    await this.#registry.open();
    log.info('the sample registry is open');
  }

  @Processor({ match: '**/*.json' })
  *weighings(file: DataFile, { log }: ProcessorContext) {
    for (const { sample, milligrams } of file.json<Weighing[]>()) {
      const known = this.#registry.find(sample);
      if (known === undefined) log.warn(`sample ${sample} is not in the registry`);
      yield new ResultMessage({
        key: sample,
        value: { sample, name: known?.name ?? null, milligrams },
        headers: { owner: known?.owner ?? 'unknown' },
      });
    }
  }

  /** After the last call has ended. */
  onStop({ log, summary }: StopContext): void {
    this.#registry.close();
    log.info(`the sample registry is closed after ${summary.files.done} files`);
  }
}

await runReproducer(WeighLog, import.meta, {
  create: () => new WeighLog(new SampleRegistry(new URL('samples.csv', import.meta.url))),
});
