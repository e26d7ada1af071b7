import { Processor, Reproducer, runReproducer, type DataFile } from 'kafka-reproducer';

/** The product with the least work of its own: path, size and the SHA-512 that was verified anyhow. */
@Reproducer()
export class Summarize {
  @Processor()
  summary(file: DataFile) {
    return { filename: file.path, size: file.size, sha512: file.sha512 };
  }
}

await runReproducer(Summarize, import.meta);
