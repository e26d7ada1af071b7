import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogLevel } from '../../../src/logger.js';
import { LogFile } from '../../../src/observe/log-file/log-file.js';
import { withLock } from '../../../src/registry/folder-lock.js';
import { recordingLogger } from '../reports.js';

const at = new Date(2026, 10, 3, 9, 5, 30);
const head = '[PeakFinder 2026-11-03 09:05:30]';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'log-file-'));
  path = join(folder, 'LOGS/PeakFinder.log');
});
afterEach(() => rmSync(folder, { recursive: true }));

function opened(options: { level?: LogLevel; name?: string; mostBytes?: number } = {}) {
  const recorded = recordingLogger();
  const file = new LogFile({
    folder: join(folder, 'LOGS'),
    name: 'PeakFinder',
    level: 'warn',
    now: () => at,
    ...options,
  });
  return { logger: file.tap(recorded.logger), messages: recorded.messages };
}
const text = (): string => readFileSync(path, 'utf8');

describe('the log file', () => {
  it("has warnings and errors in OpenMSIStream's format, after what was there", () => {
    mkdirSync(join(folder, 'LOGS'));
    writeFileSync(path, '[PeakFinder 2024-01-01 00:00:00] ERROR: of the original\n');
    const { logger, messages } = opened();
    logger.info({ file: 'a.xy' }, 'done: a.xy');
    logger.warn({ file: 'b.xy' }, 'incomplete: b.xy');
    logger.error('%d of %d', 1, 2);
    logger.fatal({}, 'the end');
    expect(text()).toBe(
      '[PeakFinder 2024-01-01 00:00:00] ERROR: of the original\n' +
        `${head} WARNING: incomplete: b.xy\n${head} ERROR: 1 of 2\n${head} ERROR: the end\n`,
    );
    expect(messages()).toHaveLength(4);
  });

  it('is made when there is a line for it', () => {
    const { logger } = opened();
    logger.info({}, 'started');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('has lines that are not printed, if that is asked for', () => {
    const { logger } = opened({ level: 'debug' });
    logger.level = 'error';
    logger.debug({}, 'fetched');
    logger.trace({}, 'bytes');
    expect(text()).toBe(`${head} fetched\n`);
  });

  it('names the file that a class logs of, and what it says beside the text', () => {
    const { logger } = opened();
    const log = logger.child({ file: 'a.xy' });
    log.warn('no header');
    log.child({ scan: 2 }).warn({ height: 3 }, 'too low');
    log.warn({ size: 3n }, 'no JSON');
    expect(text()).toBe(
      `${head} WARNING: no header {"file":"a.xy"}\n` +
        `${head} WARNING: too low {"file":"a.xy","scan":2,"height":3}\n${head} WARNING: no JSON\n`,
    );
  });

  it('has the stack of an error, also of one from another process', () => {
    const { logger } = opened();
    const error = Object.assign(new RangeError('no peak'), { stack: 'RangeError: no peak\n    at find' });
    logger.error({ err: error }, 'failed');
    logger.child({ file: 'a' }).error(error);
    logger.error({ err: { type: 'RangeError', message: 'no peak', stack: 'far away' } }, 'failed');
    expect(text()).toBe(
      `${head} ERROR: failed\n  RangeError: no peak\n      at find\n` +
        `${head} ERROR: no peak {"file":"a"}\n  RangeError: no peak\n      at find\n` +
        `${head} ERROR: failed\n  far away\n`,
    );
  });

  it('has no entry that the name of a file has made', () => {
    const { logger } = opened();
    logger.warn({}, `incomplete: a\n${head} ERROR: lost\u001b[2K\r\u009b1m\tb`);
    expect(text()).toBe(`${head} WARNING: incomplete: a\n  ${head} ERROR: lost\\x1b[2K\\x0d\\x9b1m\tb\n`);
  });

  it('has a name that a file may have', () => {
    opened({ name: 'peaks/v2' }).logger.error({}, 'x');
    expect(readdirSync(join(folder, 'LOGS'))).toEqual(['peaks_v2.log']);
  });

  it('is moved away when it is large, and the one before is removed', async () => {
    const { logger } = opened({ mostBytes: 120 });
    for (let number = 1; number <= 10; number += 1) {
      logger.warn({}, `line ${number}`);
      if (number % 3 === 0)
        await vi.waitFor(() => expect(readdirSync(join(folder, 'LOGS'))).toEqual(['PeakFinder.log.1']));
    }
    expect(readFileSync(`${path}.1`, 'utf8').match(/line \d+/g)).toEqual(['line 7', 'line 8', 'line 9']);
    expect(text()).toBe(`${head} WARNING: line 10\n`);
  });

  it('is moved away again when it becomes large before that has ended', async () => {
    const { logger } = opened({ mostBytes: 10 });
    logger.warn({}, 'first');
    // Looked for in each turn: the lock is still held in the first one without it.
    while (existsSync(path)) await new Promise(resolve => setImmediate(resolve));
    expect(existsSync(`${path}.lock`)).toBe(true);
    logger.warn({}, 'second');
    await expect.poll(() => readdirSync(join(folder, 'LOGS'))).toEqual(['PeakFinder.log.1']);
    expect(readFileSync(`${path}.1`, 'utf8')).toBe(`${head} WARNING: second\n`);
  });

  it('is not moved away once more, when another process was quicker', async () => {
    for (const isNew of [false, true]) {
      const { logger, messages } = opened({ mostBytes: 10 });
      logger.warn({}, 'too much');
      renameSync(path, `${path}.1`);
      if (isNew) writeFileSync(path, 'new\n');
      const isOver = (): Promise<boolean> => withLock(`${path}.lock`, () => Promise.resolve());
      await vi.waitFor(async () => expect(await isOver()).toBe(true));
      expect(readFileSync(`${path}.1`, 'utf8')).toBe(`${head} WARNING: too much\n`);
      expect(messages()).toEqual(['too much']);
    }
  });

  it('costs one warning when it cannot be written, and tells what is missing when it can', () => {
    writeFileSync(join(folder, 'LOGS'), 'no folder');
    const { logger, messages } = opened();
    logger.warn({}, 'first');
    logger.error({}, 'second');
    expect(messages()).toEqual([
      'first',
      expect.stringMatching(
        /^the log file .*LOGS\/PeakFinder\.log cannot be kept: ENOTDIR.*\. The work goes on, and lines are printed alone; --log-file-level silent does without the file$/,
      ),
      'second',
    ]);
    rmSync(join(folder, 'LOGS'));
    logger.warn({}, 'third');
    expect(text()).toBe(
      `\n${head} WARNING: 2 lines before this one could not be written to this file\n${head} WARNING: third\n`,
    );
    rmSync(join(folder, 'LOGS'), { recursive: true });
    writeFileSync(join(folder, 'LOGS'), 'no folder');
    logger.warn({}, 'fourth');
    expect(messages()).toHaveLength(5);
  });
});
