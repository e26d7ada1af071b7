/* eslint-disable -- its types come from the package that it is copied beside; the check compiles it there */
import { IsInt, Min } from 'class-validator';
import { CliOption, Processor, Reproducer, runReproducer, type DataFile } from 'kafka-reproducer';

@Reproducer('texts', 'line-counts')
export class LineCounter {
  @CliOption()
  @IsInt()
  @Min(0)
  shortestLine = 1;

  @Processor()
  count(file: DataFile) {
    return file
      .text()
      .split('\n')
      .filter(line => line.length >= this.shortestLine).length;
  }
}

await runReproducer(LineCounter, import.meta);
