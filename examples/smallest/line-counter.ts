import { Processor, Reproducer, runReproducer, type DataFile } from 'kafka-reproducer';

@Reproducer('text-files', 'line-counts')
export class LineCounter {
  @Processor()
  countLines(file: DataFile) {
    const lines = file.text().split('\n').length - 1;
    return { file: file.path, lines };
  }
}

await runReproducer(LineCounter, import.meta);
