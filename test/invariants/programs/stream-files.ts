import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CliOption, Processor, Reproducer, runReproducer, type DataFile } from 'kafka-reproducer';

/** As hash-files, for files of any size. */
@Reproducer()
export class StreamFiles {
  @CliOption({ description: 'Milliseconds that the method waits' })
  delayMs = 0;

  @Processor()
  async describeFile(file: DataFile) {
    const hash = createHash('sha256');
    for await (const piece of file.stream()) hash.update(piece as Buffer);
    if (this.delayMs > 0) await delay(this.delayMs);
    return { filename: file.path, size: file.size, sha256: hash.digest('hex') };
  }
}

await runReproducer(StreamFiles, import.meta);
