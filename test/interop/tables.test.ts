import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FileTables } from '../../src/observe/tables/file-tables.js';
import { doneReport, failedReport } from '../observe/reports.js';
import { runScript, whyNoPython } from './python-program.js';

const names = ['a/plain.txt', "it's.txt", 'semi;colon.txt', 'say "hi".txt', 'énergie 1.xy'];
const at = new Date(2026, 10, 23, 20, 25, 30);
const time = '2026-11-23 20:25:30';

test.skipIf(whyNoPython !== undefined).each([undefined, 'peaks'])(
  'the original reads the tables of a running worker as its own: results to %s',
  async produceTopic => {
    const folder = mkdtempSync(join(tmpdir(), 'tables-'));
    const of = { topic: 'files', group: 'lab', ...(produceTopic === undefined ? {} : { produceTopic }) };
    const tables = new FileTables({ ...of, folder, log: line => expect.fail(line.message) });
    try {
      tables.watch(() => [{ path: 'open.txt', chunkCount: 9, firstMessageAt: at, lastMessageAt: at }]);
      const times = { firstChunkAt: at.toISOString(), endedAt: at.toISOString() };
      for (const name of names) tables.onOutcomeRead(name, { outcome: 'done', chunkCount: 3, ...times });
      await tables.close();
      for (const name of names) tables.onReport(failedReport(`failed/${name}`));
      // Lines are added to a table that is there.
      tables.onReport(doneReport('later.txt'));
      await tables.close();

      const flags = ['--folder', join(folder, 'LOGS'), '--topic', 'files', '--group', 'lab'];
      const results = produceTopic === undefined ? [] : ['--produce-topic', produceTopic];
      const read = JSON.parse(await runScript('tables.py', [...flags, ...results])) as unknown;
      const failed = names.map(name => `failed/${name}`);
      const nameOf = (path: string): string => path.split('/').at(-1)!;
      const status = produceTopic === undefined ? 'failed' : 'computing_result_message_failed';
      const someTime = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/) as string;
      expect(read).toEqual({
        rerun: [...failed, 'open.txt'].sort(),
        in_progress: expect.arrayContaining([
          ['open.txt', 'open.txt', 'in_progress', '9', time, time],
          ...failed.map(path => [nameOf(path), path, status, '3', someTime, someTime]),
        ]) as unknown,
        succeeded: expect.arrayContaining([
          ['later.txt', 'later.txt', '3', someTime, someTime],
          ...names.map(path => [nameOf(path), path, '3', time, time]),
        ]) as unknown,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
