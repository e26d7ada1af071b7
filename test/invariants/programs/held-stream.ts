import { createHash } from 'node:crypto';
import { existsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CliOption,
  Processor,
  Reproducer,
  runReproducer,
  type DataFile,
  type ProcessorContext,
} from 'kafka-reproducer';

/** Describes files as `stream-files` does; what it does in the middle of their streams, their folder says. */
@Reproducer()
export class HeldStream {
  @CliOption({ description: 'Where the one is that lets streams go on' })
  meetingPlace = '';

  @Processor()
  async describeFile(file: DataFile, { attempt }: ProcessorContext) {
    const hash = createHash('sha256');
    let byteCount = 0;
    let isPastTheMiddle = false;
    for await (const piece of file.stream()) {
      hash.update(piece as Buffer);
      byteCount += (piece as Buffer).length;
      if (isPastTheMiddle || byteCount < file.size / 2) continue;
      isPastTheMiddle = true;
      // Not console.log: what a thread prints with it is lost when the thread ends before.
      writeSync(1, `in the middle of ${file.path} attempt ${attempt} pid ${process.pid}\n`);
      await this.#inTheMiddle(file, attempt);
    }
    return { filename: file.path, size: file.size, sha256: hash.digest('hex') };
  }

  async #inTheMiddle({ subdirectory }: DataFile, attempt: number): Promise<void> {
    if (subdirectory === 'dies' && attempt === 1) process.exit(7);
    if (subdirectory === 'waits') while (!existsSync(join(this.meetingPlace, 'go'))) await delay(10);
  }
}

await runReproducer(HeldStream, import.meta);
