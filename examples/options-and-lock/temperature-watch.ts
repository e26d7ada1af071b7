import {
  CliOption,
  NonRetriableError,
  Processor,
  Reproducer,
  runReproducer,
  type DataFile,
  type ProcessorContext,
} from 'kafka-reproducer';
import { IsNumber, Max, Min } from 'class-validator';
import { readFile, writeFile } from 'node:fs/promises';

/** Highest temperature so far, by furnace. */
type Records = Record<string, number>;

/**
 * Summarises temperature logs, four files at a time, and keeps the highest temperature of each furnace in a file.
 */
@Reproducer('furnace-logs', 'furnace-summaries')
export class TemperatureWatch {
  @CliOption({ description: 'above this temperature a summary carries an alarm, in °C' })
  @IsNumber()
  @Min(0)
  @Max(2000)
  alarmAbove = 905;

  @CliOption({
    description: 'file with the highest temperature of each furnace',
    type: 'string',
    required: true,
  })
  recordsFile!: string;

  @Processor({ match: '*/*.csv', concurrency: 4 })
  async summarise(file: DataFile, { lock }: ProcessorContext) {
    const values = temperatures(file);
    const highest = Math.max(...values);
    // Reading, changing and writing the file must not be interrupted by another call that does the same.
    await lock.runExclusive(() => this.#keepRecord(file.subdirectory, highest));
    return {
      furnace: file.subdirectory,
      log: file.filename,
      rows: values.length,
      lowest: Math.min(...values),
      highest,
      alarm: highest > this.alarmAbove,
    };
  }

  async #keepRecord(furnace: string, highest: number): Promise<void> {
    const records = await this.#readRecords();
    records[furnace] = Math.max(highest, records[furnace] ?? -Infinity);
    await writeFile(this.recordsFile, JSON.stringify(records));
  }

  async #readRecords(): Promise<Records> {
    try {
      return JSON.parse(await readFile(this.recordsFile, 'utf8')) as Records;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw error;
    }
  }
}

function temperatures(file: DataFile): number[] {
  const [, ...rows] = file.text().trim().split(/\r?\n/);
  const values = rows.map(row => Number(row.split(',')[1]));
  // Another attempt would read the same bytes.
  if (values.length === 0 || values.some(Number.isNaN))
    throw new NonRetriableError(`${file.path}: expected rows of time,temperature_c`);
  return values;
}

await runReproducer(TemperatureWatch, import.meta);
