import { BrokerError } from '../errors.js';
import { createLogger, type Logger, type LogLevel } from '../logger.js';
import type { LineWriter } from '../observe/line-writer.js';
import { Screen } from './demo/screen.js';

interface LogTap {
  /** @returns a logger that writes to `logger` and to this */
  tap(logger: Logger): Logger;
}

/** Where a program tells what happens: lines, and on a terminal one that changes below them. */
export interface ProgramLog {
  readonly log: LineWriter;
  /** For the Kafka client. */
  readonly logger: Logger;
  /** Undefined where there is no terminal, and where little is to be printed. */
  readonly screen: Screen | undefined;
}

/**
 * Both write to standard error. On a terminal the lines are texts alone, which say all that their fields say, and the one that changes is
 * taken away before another one is written.
 *
 * @param taps get the lines as well
 */
export function openProgramLog(name: string, level: LogLevel, taps: readonly LogTap[] = []): ProgramLog {
  let logger = createLogger({ level, name });
  for (const tap of taps) logger = tap.tap(logger);
  if (!process.stderr.isTTY || level === 'silent') return { log: logger, logger, screen: undefined };
  const screen = new Screen(process.stderr, process.env);
  return { log: linesAbove(screen, logger), logger, screen };
}

/** Writes texts alone, above the line that changes. */
export function linesAbove(screen: Pick<Screen, 'status'>, writer: LineWriter): LineWriter {
  const above =
    (level: keyof LineWriter) =>
    (fields: object, message: string): void => {
      screen.status('');
      writer[level](errorAlone(fields), message);
    };
  return {
    trace: above('trace'),
    debug: above('debug'),
    info: above('info'),
    warn: above('warn'),
    error: above('error'),
    fatal: above('fatal'),
  };
}

/** The stack of an error is in no text. Of what Kafka refuses, or that it is away, the text says all: a stack of this program explains nothing. */
function errorAlone(fields: object): object {
  if (!('err' in fields)) return {};
  const { err } = fields;
  return err instanceof BrokerError && err.isCauseTold ? {} : { err };
}
