import { createHash } from 'node:crypto';
import {
  CliOption,
  NonRetriableError,
  Processor,
  Reproducer,
  runReproducer,
  type DataFile,
} from 'kafka-reproducer';

/** Describes files as `hash-files` does, but fails for those below `fails/` and is killed by those below `kills/`. */
@Reproducer()
export class Fragile {
  @CliOption({ description: 'Files below fails/ and kills/ are processed as any others' })
  mended = false;

  @Processor()
  describeFile(file: DataFile) {
    console.log(`called ${file.path}`);
    if (!this.mended && file.path.startsWith('fails/'))
      throw new NonRetriableError(`cannot read ${file.path}: no header`);
    if (!this.mended && file.path.startsWith('kills/')) process.kill(process.pid, 'SIGKILL');
    return {
      filename: file.path,
      size: file.size,
      sha256: createHash('sha256').update(file.bytes).digest('hex'),
    };
  }
}

await runReproducer(Fragile, import.meta);
