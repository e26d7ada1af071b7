import { appendFileSync, readFileSync, truncateSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UploadJournal, type DeliveredVersion } from '../../src/registry/upload-journal.js';
import { uploadsOfOpenMsiStream, UploadTables } from '../../src/registry/upload-tables.js';
import { FileFolder } from '../programs/upload/file-folder.js';

let folder: FileFolder;
beforeEach(() => (folder = new FileFolder()));
afterEach(() => folder.remove());

const startedMs = new Date(2026, 10, 23, 20, 25, 30).getTime();

function delivered(path: string, fileHash = 'aa'): DeliveredVersion {
  return {
    path,
    sizeBytes: 3,
    modifiedNs: '1',
    inode: '2',
    fileHash,
    chunkCount: 1,
    startedMs,
    completedMs: startedMs + 1_000,
  };
}

const partial = {
  path: 'b',
  fileHash: 'bb',
  chunkCount: 4,
  chunkBytes: 10,
  ackedCount: 2,
  startedMs,
  atMs: 0,
};

async function written(...versions: readonly DeliveredVersion[]): Promise<string> {
  const path = folder.local('journal');
  const { journal, isNew } = await UploadJournal.open(path);
  expect(isNew).toBe(true);
  for (const version of versions) journal.addDelivered(version);
  journal.addPartial(partial);
  await journal.close();
  return path;
}

describe('UploadJournal', () => {
  it('knows after a restart what was added, the latest for each path', async () => {
    const path = await written(delivered('a', 'old'), delivered('a', 'new'));
    const { journal, isNew } = await UploadJournal.open(path);
    expect(isNew).toBe(false);
    expect([...journal.delivered.values()]).toEqual([delivered('a', 'new')]);
    expect([...journal.partial.values()]).toEqual([partial]);
    journal.addDelivered(delivered('b', 'bb'));
    expect(journal.partial.size).toBe(0);
    await journal.close();
  });

  it('loses only the line that a crash has cut off, wherever it was cut', async () => {
    const path = await written(delivered('a'));
    const whole = readFileSync(path);
    const firstLine = whole.indexOf('\n') + 1;
    for (let length = 0; length <= whole.length; length += 7) {
      writeFileSync(path, whole.subarray(0, length));
      const { journal } = await UploadJournal.open(path);
      expect(journal.delivered.size).toBe(length >= firstLine - 1 ? 1 : 0);
      journal.addDelivered(delivered('c'));
      await journal.close();
      const again = await UploadJournal.open(path);
      expect(again.journal.delivered.has('c')).toBe(true);
      await again.journal.close();
    }
  });

  it('is written anew when most of its lines say nothing any more', async () => {
    const path = await written();
    const { journal } = await UploadJournal.open(path);
    for (let count = 0; count < 2_000; count += 1) journal.addDelivered(delivered('a', String(count)));
    await journal.close();
    const before = statSync(path).size;
    const again = await UploadJournal.open(path);
    expect(statSync(path).size).toBeLessThan(before / 100);
    expect(again.journal.delivered.get('a')!.fileHash).toBe('1999');
    await again.journal.close();
  });

  it('does not read on past what is no journal', async () => {
    const path = folder.write('journal', '');
    appendFileSync(path, 'no JSON\n');
    truncateSync(path, 8);
    const { journal } = await UploadJournal.open(path);
    expect(journal.delivered.size).toBe(0);
    await journal.close();
  });
});

describe('UploadTables', () => {
  it('are the tables of OpenMSIStream', async () => {
    const { journal } = await UploadJournal.open(folder.local('journal'));
    journal.addDelivered(delivered('xrd/a.xy'));
    journal.addPartial(partial);
    await new UploadTables(folder.path, 'files', journal).write();
    await journal.close();
    const at = "'Mon Nov 23, 2026 at 20:25:30'";
    expect(readFileSync(folder.local('upload_to_files_in_progress.csv'), 'utf8')).toBe(
      'filename;rel_filepath;n_chunks;n_chunks_delivered;n_chunks_to_send;started;chunks_delivered;chunks_to_send\n' +
        `'b';'b';4;2;2;${at};{1, 2};{3, 4}`,
    );
    const completed =
      "filename;rel_filepath;n_chunks;started;completed\n'a.xy';'xrd/a.xy';1;" +
      `${at};'Mon Nov 23, 2026 at 20:25:31'`;
    expect(readFileSync(folder.local('uploaded_to_files.csv'), 'utf8')).toBe(completed);
    expect(uploadsOfOpenMsiStream(folder.path, 'files')).toMatchObject([
      { path: 'xrd/a.xy', chunkCount: 1, startedMs, completedMs: startedMs + 1_000, modifiedNs: '' },
    ]);
  });

  it('are looked for under this topic alone, also those of single producers', () => {
    const line = "'f';'f';1;'Mon Nov 23, 2026 at 20:25:30';'Mon Nov 23, 2026 at 20:25:31'";
    const table = (path: string): string =>
      `filename;rel_filepath;n_chunks;started;completed\n${line.replaceAll('f', path)}`;
    folder.write('uploaded_to_t_p140_2.csv', table('a'));
    folder.write('uploaded_to_t_2.csv', table('b'));
    folder.write('uploaded_to_t_p1_of_another.csv', table('c'));
    expect(uploadsOfOpenMsiStream(folder.path, 't').map(({ path }) => path)).toEqual(['a']);
  });
});
