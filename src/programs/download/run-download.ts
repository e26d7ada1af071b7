import { mkdir, utimes } from 'node:fs/promises';
import { exitSoon } from '../../bootstrap/exit-code.js';
import { openLog } from '../../bootstrap/open-log.js';
import { runPrepared } from '../../bootstrap/run-reproducer.js';
import { ConfigError } from '../../errors.js';
import type { DataFile } from '../../processing/data-file.js';
import { downloadDefinition, readDownloadFlags, type DownloadFlags } from './download-settings.js';

/** What is done with a file that stands under its name, whole and verified. */
class Downloaded {
  /** Gives it the time of its last change, as far as the uploader told it. */
  async save(file: DataFile): Promise<void> {
    const { localPath, modifiedAt } = file;
    if (localPath !== undefined && modifiedAt !== undefined) await utimes(localPath, modifiedAt, modifiedAt);
  }
}

/**
 * Runs `reproducer download DIR`: a worker that keeps files on disk, and does nothing else with them.
 *
 * @returns the exit code of a worker
 * @throws {ConfigError} with all mistakes, or the folder cannot be made; nothing was connected
 */
export async function runDownload(folder: string, flags: DownloadFlags): Promise<number> {
  const instance = new Downloaded();
  const configuration = readDownloadFlags(folder, flags, instance, {
    env: process.env,
    cwd: process.cwd(),
  });
  await makeFolder(folder);
  const isForPeople = process.stderr.isTTY;
  const summary = await runPrepared({
    definition: downloadDefinition,
    instance,
    configuration,
    ...openLog(downloadDefinition.name, configuration.options, { isShared: true }),
    isForPeople,
    methodText: 'to keep it',
  });
  if (summary.outcome === 'failed' || summary.outcome === 'abandoned') exitSoon();
  return summary.exitCode;
}

const problems: Readonly<Record<string, string>> = {
  EEXIST: 'is a file: name the folder for the files',
  ENOTDIR: 'lies in a file: name the folder for the files',
};

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError([`${folder} ${problems[code ?? ''] ?? `cannot be made: ${message}`}`], {
      heading: 'download cannot start:',
    });
  }
}
