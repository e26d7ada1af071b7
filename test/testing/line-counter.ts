import { IsInt, Min } from 'class-validator';
import { CliOption, Processor, Reproducer } from '../../decorators/index.js';
import type { DataFile } from '../../src/processing/data-file.js';
import type { ProcessorContext } from '../../src/processing/processor-context.js';

/** Counts lines; some files it skips, some it cannot read. */
@Reproducer('texts', 'counts')
export class LineCounter {
  @CliOption({ description: 'Shorter lines do not count' })
  @IsInt()
  @Min(0)
  shortest = 0;

  hooks: string[] = [];

  onStart(): void {
    this.hooks.push('start');
  }

  onStop(): void {
    this.hooks.push('stop');
  }

  @Processor()
  count(file: DataFile, context: ProcessorContext) {
    context.log.info(`counting ${file.path}`);
    if (file.text() === 'skip') return context.skip('nothing to count');
    if (file.text() === 'fail') throw new RangeError('not a text');
    context.progress(1);
    const lines = file
      .text()
      .split('\n')
      .filter(line => line.length >= this.shortest);
    return { lines: lines.length };
  }
}
