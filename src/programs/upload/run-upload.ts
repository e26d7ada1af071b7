import { setTimeout as delay } from 'node:timers/promises';
import { exitSoon } from '../../bootstrap/exit-code.js';
import { onStopSignals } from '../../bootstrap/signals.js';
import { parseDuration } from '../../config/values/parse-duration.js';
import { ConfigError } from '../../errors.js';
import type { KafkaDriver } from '../../kafka/driver.js';
import { createKafkajsDriver } from '../../kafka/kafkajs/create-driver.js';
import { bytesText, countText } from '../../observe/quantity-text.js';
import { failProgram } from '../fail-program.js';
import type { OwnOption } from '../program-configuration.js';
import { openProgramLog, type ProgramLog } from '../program-log.js';
import { findFiles, type FoundFiles, type UnusableFile } from './find-files.js';
import { patientUploader } from './patient-uploader.js';
import { openTopic } from './prepare-topic.js';
import { UploadBatch, type UploadResult } from './upload-batch.js';
import { UploadProgress } from './upload-progress.js';
import { readUploadFlags, type UploadFlags, type UploadSettings } from './upload-settings.js';

/** The flags of `reproducer upload` as they were typed. */
export interface UploadCommandFlags extends UploadFlags {
  readonly root?: string;
  readonly giveUpAfter?: string;
}

const options: readonly OwnOption[] = [{ name: 'give-up-after', property: 'giveUpMs', parse: parseDuration }];
/** How long the connections may take to close when it was stopped. */
const stoppedCloseMs = 200;
/** So many files that failed are named at the end. */
const namedFiles = 50;
/** Ended, but files failed, or it was stopped before all were sent. */
const incompleteExitCode = 3;

/**
 * Runs `reproducer upload FILE…`: sends each file once and ends.
 *
 * @returns the exit code: 0 all is on the topic; 1 Kafka refused or stayed away; 3 not all files could be sent
 * @throws {ConfigError} wrong flags, files or topic: nothing was sent
 */
export async function runUpload(named: readonly string[], flags: UploadCommandFlags): Promise<number> {
  const settings = await readSettings(named, flags);
  const { worker } = settings;
  const output = openProgramLog('upload', worker.logLevel);
  for (const warning of settings.warnings) output.log.warn({}, warning);
  const { connection, compression } = worker;
  const driver = createKafkajsDriver({ connection, compression, logger: output.logger });
  try {
    return await upload(driver, settings, output);
  } catch (error) {
    return failProgram(error, output.log);
  }
}

interface UploadRun extends UploadSettings {
  readonly found: FoundFiles;
  readonly giveUpMs: number;
}

/** @throws {ConfigError} with what is wrong with flags and files, both at once */
async function readSettings(named: readonly string[], flags: UploadCommandFlags): Promise<UploadRun> {
  const cwd = process.cwd();
  const place = { cwd, ...(flags.root === undefined ? {} : { root: flags.root }) };
  const problems: string[] = [];
  try {
    const settings = readUploadFlags(
      { name: 'upload', options },
      flags,
      { flags: { 'give-up-after': flags.giveUpAfter }, values: { giveUpMs: 120_000 } },
      { env: process.env, cwd },
    );
    const found = await findFiles(named, { ...place, filter: settings.filter });
    if (found.problems.length === 0) {
      if (found.files.length + found.unusable.length === 0) throw new ConfigError(nothingFound(flags));
      return { ...settings, found, giveUpMs: settings.own.giveUpMs };
    }
    problems.push(...found.problems);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    problems.push(...error.problems);
    const found = await findFiles(named, { ...place, filter: { ignored: [], hasHidden: true } });
    problems.push(...found.problems);
  }
  throw new ConfigError(problems, { heading: 'upload cannot start:' });
}

function nothingFound({ match, ignore }: UploadCommandFlags): string {
  const flags = [...(match === undefined ? [] : ['--match']), ...(ignore === undefined ? [] : ['--ignore'])];
  return flags.length === 0
    ? 'there is no file in what was named (names that begin with a dot count with --hidden)'
    : `${flags.join(' and ')} left no file of what was named`;
}

async function upload(driver: KafkaDriver, run: UploadRun, output: ProgramLog): Promise<number> {
  const { topic, giveUpMs } = run;
  const { log } = output;
  const { partitionCount, warnings } = await openTopic(driver, run, {
    ...{ log, withinMs: giveUpMs, flag: '--give-up-after' },
  });
  for (const warning of warnings) log.warn({}, warning);
  const files = countText(run.found.files.length, 'file');
  log.info(
    { topic },
    `uploads ${files} to ${topic} (${countText(partitionCount, 'partition')}), ${run.layout}`,
  );
  const startedMs = performance.now();
  const result = await send(driver, run, output);
  return report(result, run.found.unusable, performance.now() - startedMs, output);
}

async function send(driver: KafkaDriver, run: UploadRun, output: ProgramLog): Promise<UploadResult> {
  const { log } = output;
  const stopping = new AbortController();
  const producer = driver.producer({ mayRepeat: true });
  const { signal } = stopping;
  const uploader = patientUploader(run, { driver, producer, giveUpMs: run.giveUpMs, log, signal });
  const batch = new UploadBatch(run.found.files, { uploader, log, signal });
  const progress = new UploadProgress(() => batch.counts, log, output.screen);
  const forget = onStopSignals({
    onFirst: name => {
      log.info({}, `${name}: stopping once what is on its way is acknowledged; a second signal ends at once`);
      stopping.abort();
    },
  });
  try {
    return await batch.run();
  } finally {
    progress.stop();
    forget();
    const closed = producer.close();
    await (signal.aborted ? Promise.race([closed, delay(stoppedCloseMs)]) : closed);
    // The client would try to reach a Kafka that is away for many seconds more.
    if (signal.aborted) exitSoon(stoppedCloseMs);
  }
}

function report(
  result: UploadResult,
  unusable: readonly UnusableFile[],
  durationMs: number,
  { log }: ProgramLog,
): number {
  const { sentCount, chunkCount, byteCount, emptyPaths, stoppedCount } = result;
  const failed = [
    ...unusable.map(({ localPath, reason }) => `${localPath}: ${reason}`),
    ...result.failed.map(({ path, reason }) => `${path}: ${reason}`),
  ];
  if (emptyPaths.length > 0)
    log.warn(
      { emptyPaths: emptyPaths.slice(0, namedFiles) },
      `${countText(emptyPaths.length, 'file')} without content cannot be uploaded, as an empty file has no chunk:${list(emptyPaths)}`,
    );
  if (failed.length > 0)
    log.error(
      { failed: failed.slice(0, namedFiles) },
      `${countText(failed.length, 'file')} failed:${list(failed)}`,
    );
  const seconds = durationMs / 1000;
  const sent = `${countText(sentCount, 'file')} uploaded (${countText(chunkCount, 'chunk')}, ${bytesText(byteCount)})`;
  const rate = `in ${seconds.toFixed(1)} s, ${bytesText(byteCount / seconds)}/s`;
  const stopped =
    stoppedCount === 0 ? '' : `; stopped before ${countText(stoppedCount, 'file')} could be sent`;
  log.info({ sentCount, chunkCount, byteCount, seconds }, `${sent} ${rate}${stopped}`);
  return failed.length + stoppedCount > 0 ? incompleteExitCode : 0;
}

function list(texts: readonly string[]): string {
  const more = texts.length > namedFiles ? `\n  and ${texts.length - namedFiles} more` : '';
  return (
    texts
      .slice(0, namedFiles)
      .map(text => `\n  ${text}`)
      .join('') + more
  );
}
