import { createLogger, type Logger, type LogLevel } from '../logger.js';
import type { LineWriter } from '../observe/line-writer.js';
import { Screen } from './demo/screen.js';

/** Where a program tells what happens: lines, and on a terminal one that changes below them. */
export interface ProgramLog {
  readonly log: LineWriter;
  /** For the Kafka client. */
  readonly logger: Logger;
  /** Undefined where there is no terminal, and where little is to be printed. */
  readonly screen: Screen | undefined;
}

/** Both write to standard error. The line that changes is taken away before another one is written. */
export function openProgramLog(name: string, level: LogLevel): ProgramLog {
  const logger = createLogger({ level, name });
  if (!process.stderr.isTTY || level === 'silent') return { log: logger, logger, screen: undefined };
  const screen = new Screen(process.stderr, process.env);
  const below =
    (write: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal') =>
    (fields: object, message: string): void => {
      screen.status('');
      logger[write](fields, message);
    };
  const log: LineWriter = {
    trace: below('trace'),
    debug: below('debug'),
    info: below('info'),
    warn: below('warn'),
    error: below('error'),
    fatal: below('fatal'),
  };
  return { log, logger, screen };
}
