import type { Command } from 'commander';
import { ConfigError } from '../errors.js';
import { translatePythonRegExp } from '../config/values/python-regexp.js';

/** A flag of OpenMSIStream's programs: the one that it is here, or why it is not needed. */
type Meaning =
  | { readonly name: string; readonly convert?: (text: string) => string }
  /** `takesValue`: the argument after it belongs to it. */
  | { readonly ignoredAs: string; readonly takesValue: boolean };

const threads = { ignoredAs: 'there are no threads to count', takesValue: true };

const meanings: Readonly<Record<string, Meaning>> = {
  topic_name: { name: 'topic' },
  chunk_size: { name: 'chunk-bytes' },
  consumer_group_id: { name: 'group-id' },
  download_regex: { name: 'match', convert: translatePythonRegExp },
  upload_regex: { name: 'match', convert: translatePythonRegExp },
  logger_stream_level: { name: 'log-level' },
  logger_file_level: { name: 'log-file-level' },
  // Its unit is 1,000,000 bytes, as here.
  queue_max_size: { name: 'memory-budget', convert: text => `${text}MB` },
  watchdog_lag_time: { name: 'settle', convert: text => `${text}s` },
  use_polling_observer: { name: 'poll' },
  heartbeat_topic_name: { name: 'heartbeat-topic' },
  heartbeat_program_id: { name: 'heartbeat-id' },
  heartbeat_interval_secs: { name: 'heartbeat-interval', convert: text => `${text}s` },
  log_topic_name: { name: 'log-topic' },
  log_program_id: { name: 'log-id' },
  log_interval_secs: { name: 'log-interval', convert: text => `${text}s` },
  upload_existing: { ignoredAs: 'files that are there already are uploaded anyway', takesValue: false },
  update_seconds: { ignoredAs: 'progress is shown as it comes', takesValue: true },
  n_threads: threads,
  n_consumer_threads: threads,
  n_producer_threads: threads,
};

export interface Spelled {
  readonly argv: readonly string[];
  /** Flags that are accepted and change nothing, with the reason. */
  readonly notes: readonly string[];
}

/**
 * Takes flags in snake_case, and under the names that OpenMSIStream's programs have for them. What is neither is left as it is, for the
 * command to refuse.
 *
 * @param argv what comes after the command's name
 */
export function spellAsHere(command: Command, argv: readonly string[]): Spelled {
  const known = new Set(command.options.map(({ long }) => long));
  const spelled: string[] = [];
  const notes: string[] = [];
  for (let at = 0; at < argv.length; at += 1) {
    const argument = argv[at]!;
    if (argument === '--') {
      spelled.push(...argv.slice(at));
      break;
    }
    const [, name, value] = /^--(\w+)(?:=(.*))?$/s.exec(argument) ?? [];
    const meaning = name === undefined || known.has(`--${name}`) ? undefined : meanings[name];
    if (meaning !== undefined && 'ignoredAs' in meaning) {
      notes.push(`--${name} changes nothing here: ${meaning.ignoredAs}`);
      if (meaning.takesValue && value === undefined) at += 1;
      continue;
    }
    const flag = `--${meaning?.name ?? name?.replaceAll('_', '-')}`;
    if (name === undefined || !known.has(flag)) {
      spelled.push(argument);
      continue;
    }
    const convert = (text: string): string => convertedTo(meaning?.convert, name, text);
    if (value !== undefined) {
      spelled.push(`${flag}=${convert(value)}`);
    } else {
      spelled.push(flag);
      const next = argv[at + 1];
      if (meaning?.convert !== undefined && next !== undefined) {
        spelled.push(convert(next));
        at += 1;
      }
    }
  }
  return { argv: spelled, notes };
}

/** @throws {ConfigError} names the flag as it was given */
function convertedTo(convert: ((text: string) => string) | undefined, name: string, text: string): string {
  try {
    return convert?.(text) ?? text;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError(`--${name} ${error.message}`);
  }
}
