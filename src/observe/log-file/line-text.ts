import { textOf, type LoggedCall } from '../tap-logger.js';

/** As OpenMSIStream marks what is not only for information. */
const marks: Partial<Record<LoggedCall['level'], string>> = {
  warn: 'WARNING: ',
  error: 'ERROR: ',
  fatal: 'ERROR: ',
};
/** What moves the cursor of a terminal, or hides a line from somebody who reads the file. */
const unreadable = /[^\P{Cc}\n\t]/gu;

/**
 * A line in the format of OpenMSIStream's log files, `[NAME 2026-11-23 20:25:30] WARNING: text`, local time.
 *
 * Further lines of a text (a stack, or the name of a file that was made to look like an entry) are indented: an entry begins where a
 * line does. Our own texts say what their fields say; what a user's class logs about a file has the fields behind it.
 */
export function lineText(name: string, { level, args, bindings }: LoggedCall, at: Date): string {
  const fields = bindings === undefined ? '' : fieldsText({ ...bindings, ...fieldsOf(args) });
  const [first, ...rest] = `${marks[level] ?? ''}${textOf(args)}`.split('\n');
  const text = [`${first!}${fields}`, ...rest].join('\n  ');
  return `[${name} ${localTime(at)}] ${text.replace(unreadable, escaped)}\n`;
}

/** Tells in a log file itself that something is missing in it. */
export function missingText(name: string, count: number, at: Date): string {
  const lines = count === 1 ? '1 line' : `${count} lines`;
  return `[${name} ${localTime(at)}] WARNING: ${lines} before this one could not be written to this file\n`;
}

function fieldsOf([first]: readonly unknown[]): object {
  return typeof first === 'object' && first !== null && !(first instanceof Error) ? first : {};
}

function fieldsText(fields: object): string {
  const told = Object.fromEntries(Object.entries(fields).filter(([name]) => name !== 'err'));
  if (Object.keys(told).length === 0) return '';
  try {
    return ` ${JSON.stringify(told)}`;
  } catch {
    // A bigint, or a loop.
    return '';
  }
}

function localTime(at: Date): string {
  const day = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(two).join('-');
  return `${day} ${[at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(':')}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function escaped(character: string): string {
  return `\\x${character.codePointAt(0)!.toString(16).padStart(2, '0')}`;
}
