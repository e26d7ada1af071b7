import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Processor, Reproducer } from '../../../decorators/index.js';
import type { DataFile } from '../../../src/processing/data-file.js';
import { runReproducerInTest, TestKafka, uploadFiles } from '../../../src/testing/index.js';

@Reproducer('files', 'lengths')
class Lengths {
  @Processor({ attempts: 1 })
  measure(file: DataFile): number {
    if (file.text().startsWith('bad')) throw new RangeError('no header');
    return file.size;
  }
}

it('a worker writes the tables and the log file beside them, and the next one has them again from Kafka alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'worker-tables-'));
  const kafka = await TestKafka.start();
  const files = {
    'a/done.txt': 'good '.repeat(4),
    'failed.txt': 'bad '.repeat(4),
    'open.txt': 'good '.repeat(4),
  };
  const run = async (tables: string, paths: readonly string[]): Promise<Record<string, string[]>> => {
    const worker = await runReproducerInTest(Lengths, { kafka, tables: join(folder, tables) });
    if (paths.length > 0)
      await uploadFiles(kafka, 'files', files, {
        chunkBytes: 10,
        faults: [{ kind: 'missing', path: 'open.txt', chunk: 1 }],
      });
    for (const path of paths) await worker.untilFile(path);
    await worker.untilIdle();
    await worker.stop();
    const logs = join(folder, tables, 'LOGS');
    const names = readdirSync(logs).filter(name => name.endsWith('.csv'));
    return Object.fromEntries(
      names.map(name => [name, readFileSync(join(logs, name), 'utf8').split('\n').sort()]),
    );
  };
  try {
    const first = await run('first', ['a/done.txt', 'failed.txt']);
    const time = expect.stringMatching(/;'\w{3} \w{3} \d\d, \d{4} at [\d:]{8}'$/) as string;
    expect(first).toEqual({
      'consuming_from_files_in_progress_by_Lengths.csv': [time, time, expect.stringMatching(/^filename;/)],
      'results_produced_to_lengths.csv': [time, expect.stringMatching(/^filename;/)],
    });
    const names = Object.values(first).flatMap(lines =>
      lines.map(line => line.split(';').slice(1, 4).join(';')),
    );
    expect(names).toEqual([
      "'failed.txt';'computing_result_message_failed';2",
      "'open.txt';'in_progress';2",
      'rel_filepath;status;n_chunks',
      expect.stringMatching(/^'a\/done.txt';2;/),
      'rel_filepath;n_chunks;first_message',
    ]);
    const log = readFileSync(join(folder, 'first/LOGS/Lengths.log'), 'utf8');
    expect(log).toMatch(/^\[Lengths [\d-]{10} [\d:]{8}\] ERROR: given up: failed\.txt after 1 attempt, /);

    const second = await run('second', []);
    const withoutTimes = (tables: Record<string, string[]>): string =>
      JSON.stringify(tables).replace(/at [\d:]{8}'/g, '');
    expect(withoutTimes(second)).toBe(withoutTimes(first));
  } finally {
    await kafka.stop();
    rmSync(folder, { recursive: true });
  }
});
