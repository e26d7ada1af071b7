import {
  CliOption,
  Processor,
  Reproducer,
  runReproducer,
  type DataFile,
  type ProcessorContext,
} from 'kafka-reproducer';
import { IsInt, Min } from 'class-validator';
import { findPeaks, readScan } from './scan.js';

/** Finds the peaks in powder diffraction scans; other files are skipped. */
@Reproducer('instrument-files', 'peak-tables')
export class PeakFinder {
  @CliOption({ description: 'smallest height that counts as a peak, in counts' })
  @IsInt()
  @Min(1)
  minimumHeight = 50;

  @Processor()
  findPeaks(file: DataFile, context: ProcessorContext) {
    if (!file.filename.endsWith('.xy')) return context.skip('not a diffraction scan');
    const scan = readScan(file.text());
    return {
      file: file.path,
      sample: scan.header.get('sample'),
      peaks: findPeaks(scan, this.minimumHeight),
    };
  }
}

await runReproducer(PeakFinder, import.meta);
