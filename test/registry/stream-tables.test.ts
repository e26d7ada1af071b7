import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StreamTables } from '../../src/registry/stream-tables.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stream-tables-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the tables of a processor', () => {
  it('leave those of another group alone, whose name continues this one’s, and stay in their folder', async () => {
    const other = new StreamTables(folder, { topic: 'files', group: 'lab2' });
    await other.write([], []);
    for (const group of ['lab', '../../lab*']) {
      const tables = new StreamTables(folder, { topic: 'files', group });
      await tables.write([], []);
      await tables.write([], []);
    }
    writeFileSync(join(folder, 'LOGS/processed_from_files_by_lab_t1.csv'), 'of a program of the original');
    await other.write([], []);
    expect(readdirSync(folder)).toEqual(['LOGS']);
    expect(readdirSync(join(folder, 'LOGS')).sort()).toEqual([
      'consuming_from_files_in_progress_by_.._.._lab_.csv',
      'consuming_from_files_in_progress_by_lab.csv',
      'consuming_from_files_in_progress_by_lab2.csv',
      'processed_from_files_by_.._.._lab_.csv',
      'processed_from_files_by_lab.csv',
      'processed_from_files_by_lab2.csv',
      'processed_from_files_by_lab_t1.csv',
    ]);
  });
});
