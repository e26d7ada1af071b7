import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onStopSignals } from '../../bootstrap/signals.js';
import { watchPipeCommands, watchTerminalKeys } from '../../bootstrap/terminal-keys.js';
import { ConfigError } from '../../errors.js';
import type { KafkaDriver } from '../../kafka/driver.js';
import { createKafkajsDriver } from '../../kafka/kafkajs/create-driver.js';
import { countText } from '../../observe/quantity-text.js';
import { LogRelay } from '../../observe/announce/log-relay.js';
import { LogFile } from '../../observe/log-file/log-file.js';
import { UploadJournal } from '../../registry/upload-journal.js';
import { uploadsOfOpenMsiStream, UploadTables } from '../../registry/upload-tables.js';
import { claimInstance } from '../colocate/claim-instance.js';
import { failProgram } from '../fail-program.js';
import { openProgramLog, type ProgramLog } from '../program-log.js';
import { openTopic } from '../upload/prepare-topic.js';
import { UploadAnnouncements } from './upload-announcements.js';
import { WatchRun, type WatchEnd } from './watch-run.js';
import { readWatchFlags, type WatchFlags, type WatchSettings } from './watch-settings.js';

/** Ended, but some files could not be read. */
const incompleteExitCode = 3;

/**
 * Runs `reproducer watch DIR` until a signal, `q`, or until nothing was left to do with `--until-idle`.
 *
 * @returns the exit code: 0 stopped, or all is on the topic; 1 failed; 3 idle, but some files cannot be read
 * @throws {ConfigError} wrong flags, folder or topic, or another process does the same: nothing was sent
 */
export async function runWatch(folder: string, flags: WatchFlags): Promise<number> {
  const settings = await readWatchFlags(folder, flags, { env: process.env, cwd: process.cwd() });
  const { worker, topic, root } = settings;
  const relay = worker.logMessages === undefined ? undefined : new LogRelay();
  const output = openProgramLog('watch', worker.logLevel, [
    ...(worker.logFileLevel === 'silent' ? [] : [logFileOf(settings)]),
    ...(relay === undefined ? [] : [relay]),
  ]);
  for (const warning of settings.warnings) output.log.warn({}, warning);
  const { connection, compression } = worker;
  const driver = createKafkajsDriver({ connection, compression, logger: output.logger });
  const claim = await claimInstance(`watch ${root} ${topic} ${settings.logsFolder}`);
  try {
    if (claim.number > 1)
      throw new ConfigError(`${folder}: another process on this host uploads it to ${topic} already`);
    return await watchFolderAndUpload(driver, settings, output, relay);
  } catch (error) {
    return failProgram(error, output.log);
  } finally {
    claim.release();
  }
}

function logFileOf({ logsFolder, worker }: WatchSettings): LogFile {
  return new LogFile({ folder: logsFolder, name: 'watch', level: worker.logFileLevel });
}

async function watchFolderAndUpload(
  driver: KafkaDriver,
  settings: WatchSettings,
  output: ProgramLog,
  relay: LogRelay | undefined,
): Promise<number> {
  const { topic, worker, root } = settings;
  const { log } = output;
  const { partitionCount, warnings } = await openTopic(driver, settings, { log, withinMs: Infinity });
  for (const warning of warnings) log.warn({}, warning);
  const journal = await openJournal(settings, log);
  const tables = new UploadTables(settings.logsFolder, topic, journal);
  const announcements = new UploadAnnouncements(driver, worker, log, relay);
  const run = new WatchRun(driver, settings, { journal, tables, output, announcements });
  const forget = onStopSignals({
    onFirst: signal => {
      log.info(
        {},
        `${signal}: stopping once the files that are being sent are sent; a second signal ends at once`,
      );
      run.stop(worker.drainTimeoutMs);
    },
  });
  const console = {
    input: process.stdin,
    onProgress: () => log.info({}, run.progressText),
    onQuit: () => run.stop(worker.drainTimeoutMs),
  };
  const giveKeysBack = watchTerminalKeys({ ...console, logger: output.logger });
  const endCommands = watchPipeCommands(console);
  const place = `${topic} (${countText(partitionCount, 'partition')}), ${settings.layout}`;
  const known = countText(journal.delivered.size, 'file');
  log.info(
    { topic, root },
    `uploads what is in ${root} and what appears there to ${place}; ${known} uploaded before`,
  );
  try {
    return report(await run.ended, log);
  } finally {
    giveKeysBack();
    endCommands();
    forget();
    await announcements.close();
    await journal.close();
  }
}

async function openJournal(
  { topic, logsFolder }: WatchSettings,
  log: ProgramLog['log'],
): Promise<UploadJournal> {
  try {
    await mkdir(logsFolder, { recursive: true });
    const { journal, isNew } = await UploadJournal.open(join(logsFolder, `upload_to_${topic}.journal`));
    const versions = isNew ? uploadsOfOpenMsiStream(logsFolder, topic) : [];
    for (const version of versions) journal.addDelivered(version);
    if (versions.length > 0)
      log.info({}, `takes over from OpenMSIStream: ${countText(versions.length, 'file')} uploaded before`);
    return journal;
  } catch (error) {
    throw new ConfigError(
      `--output-dir: cannot keep a record in ${logsFolder}: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

function report(end: WatchEnd, log: ProgramLog['log']): number {
  if (end.kind === 'failed') throw end.error;
  log.info(
    { sentBytes: end.sentBytes },
    `${end.kind === 'idle' ? 'nothing is left to do' : 'stopped'}: ${end.text}`,
  );
  if (end.unreadable.length === 0) return 0;
  const names = end.unreadable.slice(0, 50).map(path => `\n  ${path}`);
  log.error(
    { unreadable: end.unreadable.slice(0, 50) },
    `${countText(end.unreadable.length, 'file')} could not be read:${names.join('')}`,
  );
  return incompleteExitCode;
}
