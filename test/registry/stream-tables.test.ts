import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from '../../src/registry/folder-lock.js';
import { StreamTables } from '../../src/registry/stream-tables.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'stream-tables-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the tables of a processor', () => {
  it('leave those of another group alone, whose name continues this one’s, and stay in their folder', async () => {
    const other = new StreamTables(folder, { topic: 'files', group: 'lab2' });
    await other.replace([], []);
    for (const group of ['lab', '../../lab*']) {
      const tables = new StreamTables(folder, { topic: 'files', group });
      await tables.replace([], []);
      await tables.replace([], []);
    }
    writeFileSync(join(folder, 'LOGS/processed_from_files_by_lab_t1.csv'), 'of a program of the original');
    await other.replace([], []);
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

  it('are not lost when a worker changes them while they are replaced', async () => {
    const of = { topic: 'files', group: 'lab' };
    const at = new Date();
    const file = (path: string) => ({ path, chunkCount: 1, firstMessageAt: at, processedAt: at });
    const [all, worker] = [new StreamTables(folder, of), new StreamTables(folder, of)];
    const known = Array.from({ length: 2_000 }, (_, number) => file(`${number}.xy`));
    const news = {
      done: new Map([['late.xy', file('late.xy')]]),
      inProgress: new Map(),
      left: new Map(),
      mayBeKnown: true,
    };
    mkdirSync(join(folder, 'LOGS'));
    await withLock(join(folder, 'LOGS/.tables.lock'), async () => {
      expect(await worker.update(news)).toBe(false);
      expect(await all.replace([], known)).toBe(false);
    });
    expect(readdirSync(join(folder, 'LOGS'))).toEqual([]);
    expect(await all.replace([], known)).toBe(true);
    const path = join(folder, 'LOGS/processed_from_files_by_lab.csv');
    const { ino } = statSync(path);
    expect(await all.replace([], known)).toBe(true);
    expect(statSync(path).ino, 'written although nothing is new').toBe(ino);
    expect(await worker.update(news)).toBe(true);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(2_002);
    // What somebody has changed meanwhile is written again.
    expect(await all.replace([], known)).toBe(true);
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(2_001);
  });
});
