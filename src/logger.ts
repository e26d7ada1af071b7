import { createRequire } from 'node:module';
import { Writable } from 'node:stream';
import { pino, type Logger as PinoLogger } from 'pino';
import type * as PinoPretty from 'pino-pretty';
import { writeToStandardError } from './standard-error.js';

const load = createRequire(import.meta.url);

/** The part of pino that the package uses; any pino logger fits. */
export type Logger = Pick<
  PinoLogger,
  'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'child' | 'level'
>;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Whether who asks for lines from a level on wants one of this level. */
export function isAtLeast(level: LogLevel, from: LogLevel): boolean {
  return logLevels.indexOf(level) >= logLevels.indexOf(from);
}

/** The level from which on one of the two is interested. */
export function lowerLevel(one: LogLevel, other: LogLevel): LogLevel {
  return isAtLeast(one, other) ? other : one;
}

export interface LoggerOptions {
  level: LogLevel;
  name: string;
  /** `pretty` for people, `json` for machines. Default: pretty when standard error is a terminal. */
  format?: 'pretty' | 'json';
  /**
   * Pretty lines go through `process.stderr` instead of straight to the terminal, for who draws on it.
   */
  isShared?: boolean;
}

/**
 * Creates the logger of a worker. It writes to standard error, so that standard output stays free for what a program
 * prints, and synchronously, so that the last lines before a crash are not lost and the engine's thread can use one
 * of its own.
 */
export function createLogger(options: LoggerOptions): Logger {
  const format = options.format ?? (process.stderr.isTTY ? 'pretty' : 'json');
  const settings = { level: options.level, name: options.name };
  if (format === 'json') return pino(settings, { write: writeToStandardError });
  // Loaded here, as the engine's thread and services never need it.
  const { build: prettyStream } = load('pino-pretty') as typeof PinoPretty;
  const stream = prettyStream({
    // Whoever draws on the terminal sees what is written through the stream.
    destination: linesTo(
      options.isShared === true ? text => process.stderr.write(text) : writeToStandardError,
    ),
    // Also asks NO_COLOR (https://no-color.org), FORCE_COLOR and TERM.
    colorize: process.stderr.isTTY && process.stderr.hasColors(),
    ignore: 'pid,hostname,name',
    translateTime: 'SYS:HH:MM:ss',
  });
  return pino(settings, stream);
}

function linesTo(write: (text: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      write(text);
      done();
    },
  });
}

/** A logger that prints nothing, for tests and for programs that show progress in their own way. */
export function silentLogger(): Logger {
  return pino({ level: 'silent' });
}

/** One line of a log, taken apart. */
export interface LogLine {
  readonly level: Exclude<LogLevel, 'silent'>;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** Under this name a line has its level while it is handed over: what the user calls `level` is the user's. */
const ownLevelKey = 'kafka-reproducer level';

/** A logger that hands its lines over, for a thread whose lines are written by another one. */
export function createForwardingLogger(level: LogLevel, write: (line: LogLine) => void): Logger {
  const settings = {
    level,
    base: null,
    timestamp: false,
    formatters: { level: () => ({ [ownLevelKey]: true }) },
  };
  const stream = {
    // Pino tells the level of each line before it writes it. In the line any field of the user's may have its name.
    [Symbol.for('pino.metadata')]: true,
    lastLevel: 0,
    lastObj: undefined as unknown,
    write: (text: string) => {
      // The user's; pino keeps it until the next line.
      stream.lastObj = undefined;
      const fields = JSON.parse(text) as Record<string, unknown>;
      Reflect.deleteProperty(fields, ownLevelKey);
      const { msg } = fields;
      // Without a text, `msg` may be a field of the user's.
      if (typeof msg === 'string') delete fields.msg;
      write({ level: levelOf(stream.lastLevel), fields, message: typeof msg === 'string' ? msg : '' });
    },
  };
  return pino(settings, stream);
}

/** A child of the logger may have levels of the user's, which are between ours. */
function levelOf(value: number): LogLine['level'] {
  const names = Object.keys(pino.levels.values) as LogLine['level'][];
  return names.findLast(name => pino.levels.values[name]! <= value) ?? 'trace';
}
