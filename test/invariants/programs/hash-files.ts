import { setTimeout as delay } from 'node:timers/promises';
import { createHash } from 'node:crypto';
import { CliOption, Processor, Reproducer, runReproducer, type DataFile } from 'kafka-reproducer';

/** One JSON message per file: what a checker can compare with what was uploaded. */
@Reproducer()
export class HashFiles {
  @CliOption({ description: 'Milliseconds that the method waits' })
  delayMs = 0;

  @CliOption({ description: 'Milliseconds that the method keeps the CPU busy' })
  busyMs = 0;

  @CliOption({ description: 'Prints "started" when the method is called' })
  startedLine = false;

  @Processor()
  async describeFile(file: DataFile) {
    if (this.startedLine) console.log('started');
    const end = Date.now() + this.busyMs;
    while (Date.now() < end);
    if (this.delayMs > 0) await delay(this.delayMs);
    return {
      filename: file.path,
      size: file.size,
      sha256: createHash('sha256').update(file.bytes).digest('hex'),
    };
  }
}

await runReproducer(HashFiles, import.meta);
