import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineLogLine, UnfinishedFile } from '../../../src/engine/engine.js';
import { FileTables } from '../../../src/observe/tables/file-tables.js';
import { doneReport, failedReport } from '../reports.js';

const at = new Date(2026, 10, 23, 20, 25, 30);
const head = 'filename;rel_filepath;status;n_chunks;first_message;most_recent_message';
const doneHead = 'filename;rel_filepath;n_chunks;first_message;processed_at';

let folder: string;
let lines: EngineLogLine[];
let nowMs: number;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'file-tables-'));
  lines = [];
  nowMs = 0;
});
afterEach(() => rmSync(folder, { recursive: true }));

function tablesOf(group: string, unfinished: UnfinishedFile[] = []): FileTables {
  const log = (line: EngineLogLine): unknown => lines.push(line);
  const tables = new FileTables({
    folder,
    topic: 'files',
    group,
    produceTopic: 'peaks',
    log,
    now: () => nowMs,
  });
  tables.watch(() => unfinished);
  return tables;
}
const unfinished = (path: string): UnfinishedFile => ({
  ...{ path, chunkCount: 3, firstMessageAt: at, lastMessageAt: at },
});
/** Its rows, without the times. */
function rows(name: string): string[] {
  const text = readFileSync(join(folder, 'LOGS', name), 'utf8');
  return text
    .replace(/;'\w{3} \w{3} \d\d, \d{4} at [\d:]{8}'/g, '')
    .split('\n')
    .slice(1);
}
const inProgress = (group = 'lab'): string[] => rows(`consuming_from_files_in_progress_by_${group}.csv`);
const succeeded = (): string[] => rows('results_produced_to_peaks.csv');

describe('the tables of a running worker', () => {
  it('name each file where it stands', async () => {
    const open = [unfinished('a/open.txt'), unfinished('late.txt')];
    const tables = tablesOf('lab', open);
    tables.onReport(doneReport('a/done.txt'));
    tables.onReport(failedReport('bad.txt'));
    tables.onReport(failedReport('broken.txt', { reason: 'file-hash-mismatch' }));
    tables.onReport(failedReport('refused.txt', { reason: 'result-refused' }));
    await tables.close();
    expect(succeeded()).toEqual(["'done.txt';'a/done.txt';3"]);
    expect(inProgress()).toEqual([
      "'bad.txt';'bad.txt';'computing_result_message_failed';3",
      "'broken.txt';'broken.txt';'mismatched_hash';3",
      "'refused.txt';'refused.txt';'producing_message_failed';3",
      "'open.txt';'a/open.txt';'in_progress';3",
      "'late.txt';'late.txt';'in_progress';3",
    ]);

    // Uploaded again, done; given to another worker; and set aside.
    tables.onReport(doneReport('bad.txt'));
    open.length = 0;
    const { file } = doneReport('late.txt');
    tables.onReport({ kind: 'file-set-aside', file, heldChunkCount: 1, reason: 'incomplete' });
    await tables.close();
    expect(succeeded()).toEqual(["'done.txt';'a/done.txt';3", "'bad.txt';'bad.txt';3"]);
    expect(inProgress()).toEqual([
      "'broken.txt';'broken.txt';'mismatched_hash';3",
      "'refused.txt';'refused.txt';'producing_message_failed';3",
      "'late.txt';'late.txt';'in_progress';3",
    ]);
    tables.onReport({
      ...{ kind: 'file-superseded', path: 'late.txt', versionId: '0', heldChunkCount: 1, chunkCount: 3 },
    });
    await tables.close();
    expect(inProgress()).toHaveLength(2);
    expect(readdirSync(join(folder, 'LOGS'))).toHaveLength(2);
    expect(lines).toEqual([]);
  });

  it('are made anew from the state topic, with each file once', async () => {
    const before = tablesOf('lab');
    before.onReport(doneReport('a.txt'));
    before.onReport(failedReport('b.txt'));
    await before.close();
    const times = { firstChunkAt: at.toISOString(), endedAt: at.toISOString() };
    for (const isDeleted of [false, true]) {
      if (isDeleted) rmSync(join(folder, 'LOGS'), { recursive: true });
      const tables = tablesOf('lab');
      tables.onOutcomeRead('a.txt', { outcome: 'done', chunkCount: 3, ...times });
      tables.onOutcomeRead('b.txt', { outcome: 'failed', reason: 'threw', chunkCount: 3, ...times });
      tables.onOutcomeRead('c.txt', { outcome: 'lost', chunkCount: 4, ...times });
      const places = { versionId: '1', sha512: '', chunkCount: 9, lastChunkAt: times.endedAt, chunks: [] };
      tables.onSetAsideRead('/set-aside/1/x', { path: 'd.txt', ...places });
      tables.onSetAsideRead('/set-aside/2/x', { path: 'e.txt', ...places });
      tables.onSetAsideRead('/set-aside/2/x', undefined);
      await tables.close();
      expect(succeeded()).toEqual(["'a.txt';'a.txt';3"]);
      expect(inProgress()).toEqual([
        "'b.txt';'b.txt';'computing_result_message_failed';3",
        "'c.txt';'c.txt';'in_progress';4",
        "'d.txt';'d.txt';'in_progress';9",
      ]);
    }
    expect(readFileSync(join(folder, 'LOGS/results_produced_to_peaks.csv'), 'utf8')).toBe(
      `${doneHead}\n'a.txt';'a.txt';3;'Mon Nov 23, 2026 at 20:25:30';'Mon Nov 23, 2026 at 20:25:30'`,
    );
  });

  it('keep the rows of other workers that share the folder, and of OpenMSIStream', async () => {
    mkdirSync(join(folder, 'LOGS'));
    const name = join(folder, 'LOGS/consuming_from_files_in_progress_by_lab.csv');
    writeFileSync(name, `${head}\n'old.txt';'old.txt';'in_progress';1;'x';'x'`);
    const groups = ['lab', 'lab', 'lab2'];
    const workers = groups.map((group, at) => tablesOf(group, [unfinished(`open-${at}`)]));
    for (const round of [1, 2, 3]) {
      for (const [at, worker] of workers.entries()) worker.onReport(doneReport(`${round}-${at}`));
      await Promise.all(workers.map(worker => worker.close()));
    }
    expect(succeeded().sort()).toEqual(
      [1, 2, 3].flatMap(round => groups.map((_, at) => `'${round}-${at}';'${round}-${at}';3`)),
    );
    expect(inProgress().map(row => row.split(';')[0])).toEqual(
      expect.arrayContaining(["'old.txt'", "'open-0'", "'open-1'"]),
    );
    expect(inProgress('lab2').map(row => row.split(';')[0])).toEqual(["'open-2'"]);
    expect(lines).toEqual([]);
  });

  it('keep what another worker of the group says of a file that has gone over to it', async () => {
    const [here, there] = [[unfinished('a.txt'), unfinished('b.txt')], [] as UnfinishedFile[]];
    const [before, after] = [tablesOf('lab', here), tablesOf('lab', there)];
    await before.close();
    here.length = 0;
    after.onReport(failedReport('a.txt'));
    await after.close();
    await before.close();
    expect(inProgress()).toEqual(["'a.txt';'a.txt';'computing_result_message_failed';3"]);
  });

  it('cost one warning when they cannot be written, and are complete when they can', async () => {
    writeFileSync(join(folder, 'LOGS'), 'no folder');
    const tables = tablesOf('lab', [unfinished('gone')]);
    for (const path of ['a', 'b']) {
      tables.onReport(doneReport(path));
      await tables.close();
    }
    expect(lines.map(({ level, message }) => [level, message])).toEqual([
      [
        'warn',
        expect.stringMatching(
          /^the tables of files cannot be kept in .+ \(--tables\): EEXIST.+\. The work goes on without them; --tables none does without for good$/,
        ),
      ],
    ]);
    rmSync(join(folder, 'LOGS'));
    tables.watch(() => []);
    await tables.close();
    expect(succeeded()).toEqual(["'a';'a';3", "'b';'b';3"]);
    expect(inProgress()).toEqual([]);
    expect(lines.at(-1)!.message).toBe(`the tables of files in ${folder} are written again`);
  });

  it('are written a while after they were written last, or when there is much to write', async () => {
    const tables = tablesOf('lab');
    const written = async (): Promise<number> => {
      await tables.writeIfDue();
      return succeeded().length;
    };
    tables.onReport(doneReport('a'));
    expect(await written()).toBe(1);
    tables.onReport(doneReport('b'));
    nowMs = 4_999;
    expect(await written()).toBe(1);
    nowMs = 5_000;
    expect(await written()).toBe(2);
    for (let at = 0; at < 20_000; at += 1) tables.onReport(doneReport(`c${at}`));
    expect(await written()).toBe(20_002);
  });
});
