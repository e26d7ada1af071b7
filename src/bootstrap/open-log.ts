import { join } from 'node:path';
import type { CompiledWorkerOptions } from '../config/worker-options.js';
import { createLogger, type Logger } from '../logger.js';
import { LogRelay } from '../observe/announce/log-relay.js';
import { LogFile } from '../observe/log-file/log-file.js';

export interface WorkerLog {
  readonly logger: Logger;
  /** What is logged, for the topic for log lines; undefined: there is none. */
  readonly logRelay?: LogRelay;
}

/**
 * The log of a worker: to standard error, and as the options say to a file beside the tables of files and to a topic.
 *
 * @param isShared progress is drawn below its lines
 * @param given takes the place of standard error
 */
export function openLog(
  name: string,
  { logLevel, logFileLevel, logMessages, tablesFolder }: CompiledWorkerOptions,
  { isShared, given }: { readonly isShared: boolean; readonly given?: Logger | undefined },
): WorkerLog {
  const printed = given ?? createLogger({ level: logLevel, name, isShared });
  const logger =
    tablesFolder === undefined || logFileLevel === 'silent'
      ? printed
      : new LogFile({ folder: join(tablesFolder, 'LOGS'), name, level: logFileLevel }).tap(printed);
  if (logMessages === undefined) return { logger };
  const logRelay = new LogRelay();
  return { logger: logRelay.tap(logger), logRelay };
}
