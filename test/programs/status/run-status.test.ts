import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FileProcessor, Processor } from '../../../decorators/index.js';
import type { DataFile } from '../../../src/processing/data-file.js';
import { runReproducerInTest, TestKafka, uploadFiles } from '../../../src/testing/index.js';
import type { StatusReport } from '../../../src/programs/status/status-report.js';
import { command, UserProject, type Ended } from '../../cli/user-project.js';
import { readMarkdown } from '../../docs/markdown-files.js';

@FileProcessor('files')
class Archive {
  @Processor({ attempts: 1 })
  keep(file: DataFile): void {
    if (file.text().startsWith('bad')) throw new RangeError('no header');
  }
}

let kafka: TestKafka;
let project: UserProject;

/** A worker was here: one file done, one failed, one incomplete; then two more files came, one of them in part. */
beforeAll(async () => {
  project = new UserProject();
  kafka = await TestKafka.start();
  const files = {
    'a/done.txt': 'good '.repeat(4),
    'a/failed.txt': 'bad '.repeat(4),
    'b/open.txt': 'good '.repeat(20),
  };
  const faults = [2, 5, 6, 7].map(chunk => ({ kind: 'missing', path: 'b/open.txt', chunk }) as const);
  const worker = await runReproducerInTest(Archive, {
    ...{ kafka, partitions: 2, tables: project.path('kept'), logFileLevel: 'silent' },
  });
  await uploadFiles(kafka, 'files', files, { chunkBytes: 10, layout: 0, faults });
  await worker.untilFile('a/done.txt');
  await worker.untilFile('a/failed.txt');
  await worker.stop();
  const more = { 'c/unread.txt': 'new '.repeat(10), 'd/begun.txt': 'new '.repeat(10) };
  await uploadFiles(kafka, 'files', more, {
    chunkBytes: 10,
    layout: 1,
    faults: [{ kind: 'missing', path: 'd/begun.txt', chunk: 1 }],
  });
});
afterAll(async () => {
  await kafka.stop();
  project.remove();
});

function status(...flags: string[]): Promise<Ended> {
  return project.reproducer('status', '--brokers', kafka.brokers, ...flags);
}

describe('reproducer status', () => {
  it('has its help on docs/watching.md', async () => {
    const { stdout } = await project.reproducer('status', '--help');
    expect(readMarkdown('docs/watching.md')).toContain(`\`\`\`text\n${stdout}\`\`\`\n`);
  });

  it('tells from Kafka alone what is open, done, failed and not begun', async () => {
    const { code, stdout } = await status('--group', 'Archive', '--topic', 'files', '--json');
    const report = JSON.parse(stdout) as StatusReport;
    expect(report).toMatchObject({
      group: 'Archive',
      topic: 'files',
      lag: 7,
      outcomes: { done: 1, failed: 1, corrupt: 0, lost: 0 },
      open: [
        { path: 'b/open.txt', haveCount: 6, chunkCount: 10, missing: '2, 5-7', partition: 0, offset: '4' },
      ],
      openUnseenCount: 0,
      unreadFileCount: 2,
      failed: [{ path: 'a/failed.txt', outcome: 'failed', reason: 'threw', error: 'RangeError: no header' }],
      partitions: [
        {
          partition: 0,
          committedOffset: '4',
          readUpTo: '10',
          endOffset: '10',
          lag: 0,
          heldBackBy: 'b/open.txt',
        },
        { partition: 1, endOffset: '7', lag: 7 },
      ],
      notes: [],
    });
    expect(code).toBe(3);
  });

  it('writes the tables of OpenMSIStream anew from Kafka alone, also when they were deleted', async () => {
    const flags = ['--group', 'Archive', '--topic', 'files', '--tables', 'output'];
    const tables = (output = 'output'): Record<string, string> =>
      Object.fromEntries(
        readdirSync(project.path(`${output}/LOGS`)).map(name => [
          name,
          readFileSync(project.path(`${output}/LOGS/${name}`), 'utf8').replace(
            /'\w{3} \w{3} \d\d, \d{4} at [\d:]{8}'/g,
            'TIME',
          ),
        ]),
      );
    expect((await status(...flags)).code).toBe(3);
    const written = tables();
    expect(written).toEqual({
      'consuming_from_files_in_progress_by_Archive.csv':
        'filename;rel_filepath;status;n_chunks;first_message;most_recent_message\n' +
        "'open.txt';'b/open.txt';'in_progress';10;TIME;TIME\n" +
        "'failed.txt';'a/failed.txt';'failed';2;TIME;TIME",
      'processed_from_files_by_Archive.csv':
        'filename;rel_filepath;n_chunks;first_message;processed_at\n' + "'done.txt';'a/done.txt';2;TIME;TIME",
    });
    // What the worker wrote while it ran.
    const lines = (output: string): string[] =>
      Object.entries(tables(output)).flatMap(([name, text]) =>
        text.split('\n').map(line => `${name}: ${line}`),
      );
    expect(lines('kept').sort()).toEqual(lines('output').sort());
    rmSync(project.path('output'), { recursive: true });
    await status(...flags);
    expect(tables()).toEqual(written);

    await status(...flags, '--produce-topic', 'peaks');
    const ofReproducer = tables();
    expect(ofReproducer['results_produced_to_peaks.csv']).toBe(
      written['processed_from_files_by_Archive.csv'],
    );
    expect(ofReproducer['consuming_from_files_in_progress_by_Archive.csv']).toContain(
      "'a/failed.txt';'computing_result_message_failed';2;",
    );
    project.write('no-folder', '');
    const refused = await status(...flags.slice(0, -1), 'no-folder');
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--tables: cannot write into');
  });

  it('is a table for people', async () => {
    const { stdout } = await status('--group', 'Archive', '--topic', 'files');
    expect(stdout.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME').replace(/ +$/gm, ''))
      .toMatchInlineSnapshot(`
        "group Archive on files
        1 done, 1 failed, 1 open, 2 not begun, 7 messages behind

        partition  committed  read up to  end  lag  held back by
        ---------  ---------  ----------  ---  ---  ------------
                0          4          10   10    0  b/open.txt
                1      never                7    7

        open files (1)
        file         chunks  missing  since (UTC)
        ----------  -------  -------  -------------------
        b/open.txt  6 of 10  2, 5-7   TIME

        failed, the latest last
        file          at (UTC)             why
        ------------  -------------------  ----------------------------
        a/failed.txt  TIME  threw: RangeError: no header
        "
      `);
  });

  it('says what it could not look at', async () => {
    const { stdout } = await status(
      '--group',
      'Archive',
      '--topic',
      'files',
      '--json',
      '--read-limit',
      '1KB',
      '--state-topic',
      'none',
    );
    const report = JSON.parse(stdout) as StatusReport;
    expect(report.outcomes).toBeNull();
    expect(report.notes).toEqual([
      'only the first 1000 B of what is not settled were looked at (--read-limit), so files and chunks may be missing here',
    ]);
  });

  it('tells of a group that was never there', async () => {
    const { code, stdout } = await status('--group', 'Nobody', '--topic', 'files', '--json');
    const report = JSON.parse(stdout) as StatusReport;
    expect({ code, lag: report.lag, open: report.open, outcomes: report.outcomes }).toEqual({
      code: 0,
      lag: null,
      open: [],
      outcomes: null,
    });
    expect(report.notes).toEqual([
      expect.stringMatching(/^done and failed files are not known: .*Nobody\.files/),
      'group Nobody has committed nothing on files',
    ]);
  });

  it('--watch ends when nobody reads it any more', async () => {
    const flags = ['--group', 'Archive', '--topic', 'files', '--watch', '100ms', '--brokers', kafka.brokers];
    const { child, printed, ended } = project.start([command, 'status', ...flags]);
    await printed('group Archive');
    child.stdout.destroy();
    expect(await ended).toMatchObject({ code: 0, stderr: '' });
  });

  it('names wrong use', async () => {
    const without = await status('--topic', 'files');
    expect(without).toMatchObject({
      code: 2,
      stderr: "--group is missing: give the worker's --group-id; by default it is the name of its class\n",
    });
    const nothing = await project.reproducer('status', '--brokers', kafka.brokers);
    expect(nothing).toMatchObject({
      code: 2,
      stderr:
        'status cannot start:\n  - --topic is missing: give --topic TOPIC\n' +
        "  - --group is missing: give the worker's --group-id; by default it is the name of its class\n",
    });
    const hasty = await status('--group', 'Archive', '--topic', 'files', '--watch', '0s');
    expect(hasty).toMatchObject({ code: 2, stderr: '--watch must be at least 100ms; found 0s\n' });
    const absent = await status('--group', 'Archive', '--topic', 'nothing');
    expect(absent).toMatchObject({
      code: 2,
      stderr: 'there is no topic nothing, or no right to see it; --topic names the one with the chunks\n',
    });
  });
});
