import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseDuration } from '../../config/values/parse-duration.js';
import { ConfigError } from '../../errors.js';
import { announcementFlagsOf, announcementsOfItsOwn, type AnnouncementFlags } from '../announcement-flags.js';
import type { OwnOption, ProgramSources } from '../program-configuration.js';
import { parseIgnored } from '../upload/path-filter.js';
import { readUploadFlags, type UploadFlags, type UploadSettings } from '../upload/upload-settings.js';

/** The flags of `reproducer watch` as they were typed. */
export interface WatchFlags extends UploadFlags, AnnouncementFlags {
  readonly settle?: string;
  readonly outputDir?: string;
  readonly poll?: string | true;
  readonly rescan?: string;
  readonly untilIdle?: string | true;
  readonly drainTimeout?: string;
  readonly logFileLevel?: string;
}

interface WatchOwn {
  settleMs: number;
  pollMs: number | undefined;
  rescanMs: number;
}

/** What `reproducer watch` is to do. */
export interface WatchSettings extends UploadSettings {
  /** Absolute. */
  readonly root: string;
  /** Where the journal and the tables are; absolute. */
  readonly logsFolder: string;
  readonly own: WatchOwn;
}

const usualPollMs = '2s';
/** What programs call a file that they have not finished. */
const usuallyIgnored = ['*.tmp', '*.part', '*.partial', '*.crdownload', '*.swp', '*~'];

const options: readonly OwnOption[] = [
  { name: 'settle', property: 'settleMs', parse: parseDuration },
  { name: 'poll', property: 'pollMs', parse: atLeast(10, parseDuration) },
  { name: 'rescan', property: 'rescanMs', parse: atLeast(1_000, parseDuration) },
];

function atLeast(leastMs: number, parse: (text: string) => number): (text: string) => number {
  return text => {
    const ms = parse(text);
    if (ms >= leastMs) return ms;
    throw new ConfigError(`must be ${leastMs}ms or more`);
  };
}

/** @throws {ConfigError} with all mistakes at once */
export async function readWatchFlags(
  folder: string,
  flags: WatchFlags,
  sources: ProgramSources,
): Promise<WatchSettings> {
  const root = resolve(sources.cwd, folder);
  const problem = await problemOf(folder, root);
  const own: WatchOwn = { settleMs: 3_000, pollMs: undefined, rescanMs: 600_000 };
  let settings: UploadSettings & { readonly own: WatchOwn };
  try {
    settings = readUploadFlags(
      { name: 'watch', options, flagsOnly: announcementsOfItsOwn },
      flags,
      { flags: ownFlags(flags, root), values: own },
      sources,
    );
  } catch (error) {
    if (!(error instanceof ConfigError) || problem === undefined) throw error;
    throw new ConfigError([...error.problems, problem], { heading: 'watch cannot start:' });
  }
  const problems = [...(problem === undefined ? [] : [problem]), ...topicProblems(settings)];
  if (problems.length > 0) throw new ConfigError(problems, { heading: 'watch cannot start:' });
  const ignored = flags.ignore === undefined && settings.filter.ignored.length === 0;
  return {
    ...settings,
    filter: ignored ? { ...settings.filter, ignored: usuallyIgnored.map(parseIgnored) } : settings.filter,
    root,
    logsFolder: join(settings.worker.outputDir, 'LOGS'),
  };
}

function ownFlags(flags: WatchFlags, root: string) {
  return {
    settle: flags.settle,
    poll: flags.poll === true ? usualPollMs : flags.poll,
    rescan: flags.rescan,
    'output-dir': flags.outputDir ?? root,
    'until-idle': flags.untilIdle,
    'drain-timeout': flags.drainTimeout,
    'log-file-level': flags.logFileLevel,
    ...announcementFlagsOf(flags),
  };
}

/** Readers of files would take announcements for bad chunks. */
function topicProblems({ topic, worker: { heartbeats, logMessages } }: UploadSettings): string[] {
  const announced = { '--heartbeat-topic': heartbeats?.topic, '--log-topic': logMessages?.topic };
  return Object.entries(announced)
    .filter(([, given]) => given === topic)
    .map(([flag]) => `${flag} must be a topic of its own, not the one for chunks (${topic})`);
}

async function problemOf(folder: string, root: string): Promise<string | undefined> {
  try {
    return (await stat(root)).isDirectory() ? undefined : `${folder}: is not a folder`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return `${folder}: ${code === 'ENOENT' ? 'does not exist' : message}`;
  }
}
