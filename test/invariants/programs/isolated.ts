import { createHash } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import {
  CliOption,
  Processor,
  Reproducer,
  runReproducer,
  type DataFile,
  type ProcessorContext,
  type StartContext,
  type StopContext,
} from 'kafka-reproducer';

/** Describes files as `hash-files` does; what else it does, the folder of the file says. */
@Reproducer()
export class Isolated {
  @CliOption({ description: 'Where calls meet each other' })
  meetingPlace = '';

  onStart({ log }: StartContext) {
    log.info({ pid: process.pid, threadId }, 'instance is ready');
  }

  onStop({ log, summary }: StopContext) {
    log.info({ pid: process.pid, outcome: summary.outcome }, 'instance has ended');
  }

  @Processor()
  async describeFile(file: DataFile, context: ProcessorContext) {
    // Not console.log: what a thread prints with it goes through the main thread's loop, so that it comes later than what another thread
    // prints afterwards, and is lost when the thread is ended before.
    writeSync(1, `called ${file.path} attempt ${context.attempt} pid ${process.pid}\n`);
    await this.#misbehave(file, context);
    return {
      filename: file.path,
      size: file.size,
      sha256: createHash('sha256').update(file.bytes).digest('hex'),
      place: `${process.pid} ${threadId}`,
    };
  }

  async #misbehave(file: DataFile, { lock }: ProcessorContext): Promise<void> {
    switch (file.subdirectory) {
      case 'exits':
        process.exit(7);
        break;
      case 'aborts':
        process.abort();
        break;
      case 'loops':
        for (;;);
      case 'timer':
        setTimeout(() => {
          throw new TypeError('nobody waits for this');
        });
        await new Promise(() => undefined);
        break;
      case 'memory':
        for (const hoard: unknown[] = []; ;) hoard.push(new Array(10_000).fill(hoard.length));
      case 'dies-with-the-lock':
        await lock.runExclusive(() => process.exit(3));
        break;
      case 'locks':
        if (this.meetingPlace !== '') await this.#untilSeveralPlaces();
        await lock.runExclusive(async () => {
          writeSync(1, 'enter\n');
          await new Promise(resolve => setImmediate(resolve));
          writeSync(1, 'leave\n');
        });
        break;
      case 'waits':
        while (!existsSync(join(this.meetingPlace, 'go')))
          await new Promise(resolve => setTimeout(resolve, 10));
        break;
      case 'meets':
        this.#meet(file.filename);
    }
  }

  /** The first child would be done with all files before a second one is ready. */
  async #untilSeveralPlaces(): Promise<void> {
    writeFileSync(join(this.meetingPlace, `${process.pid} ${threadId}`), '');
    while (readdirSync(this.meetingPlace).length < 2) await new Promise(resolve => setTimeout(resolve, 10));
  }

  /** Computes until the other call is there as well: without a second thread it would never end. */
  #meet(name: string): void {
    writeFileSync(join(this.meetingPlace, name), '');
    const other = name === 'one.dat' ? 'two.dat' : 'one.dat';
    while (!existsSync(join(this.meetingPlace, other)));
  }
}

await runReproducer(Isolated, import.meta);
