import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withLock } from '../../src/registry/folder-lock.js';

let folder: string;
let lock: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'folder-lock-'));
  lock = join(folder, '.lock');
});
afterEach(() => rmSync(folder, { recursive: true }));

const nothing = (): Promise<void> => Promise.resolve();
const deadPid = spawnSync(process.execPath, ['--version']).pid;

describe('a lock', () => {
  it('is held by one at a time, and is free again when that one is done or throws', async () => {
    let entered = 0;
    const run = async (): Promise<void> => {
      entered += 1;
      expect(await withLock(lock, () => Promise.reject(new Error('was not to run')))).toBe(false);
    };
    expect(await withLock(lock, run)).toBe(true);
    await expect(withLock(lock, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await withLock(lock, run)).toBe(true);
    expect(entered).toBe(2);
    expect(existsSync(lock)).toBe(false);
  });

  it('is not taken from a process that runs, here or elsewhere', async () => {
    for (const holder of [`${hostname()} ${process.ppid}`, `elsewhere ${deadPid}`, '']) {
      writeFileSync(lock, holder);
      expect(await withLock(lock, nothing), holder).toBe(false);
      expect(existsSync(lock)).toBe(true);
    }
  });

  it('that a crash left behind is put away', async () => {
    writeFileSync(lock, `${hostname()} ${deadPid}`);
    expect(await withLock(lock, nothing)).toBe(true);
    // Of a container before, whose process had the same number.
    writeFileSync(lock, `${hostname()} ${process.pid}`);
    expect(await withLock(lock, nothing)).toBe(false);
    const beforeStart = Date.now() / 1000 - process.uptime() - 1;
    utimesSync(lock, beforeStart, beforeStart);
    expect(await withLock(lock, nothing)).toBe(true);
    // And one that died while it did so is in the way of one try.
    writeFileSync(lock, `${hostname()} ${deadPid}`);
    writeFileSync(`${lock}.removal`, `${hostname()} ${deadPid}`);
    expect(await withLock(lock, nothing)).toBe(false);
    expect(await withLock(lock, nothing)).toBe(true);
    writeFileSync(lock, 'elsewhere 1');
    const longAgo = Date.now() / 1000 - 121;
    utimesSync(lock, longAgo, longAgo);
    expect(await withLock(lock, nothing)).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that a crash left behind is taken by one of those that find it', async () => {
    let insideCount = 0;
    let entered = 0;
    const run = async (): Promise<void> => {
      insideCount += 1;
      entered += 1;
      expect(insideCount).toBe(1);
      await readdir(folder);
      insideCount -= 1;
    };
    const roundCount = 100;
    for (let round = 0; round < roundCount; round += 1) {
      writeFileSync(lock, `${hostname()} ${deadPid}`);
      const late = async (turns: number): Promise<boolean> => {
        for (let turn = 0; turn < turns; turn += 1) await readdir(folder);
        return withLock(lock, run);
      };
      await Promise.all(Array.from({ length: 12 }, (_, at) => late(at % 6)));
    }
    expect(entered).toBeGreaterThanOrEqual(roundCount / 2);
    expect(readdirSync(folder)).toEqual([]);
  });
});
