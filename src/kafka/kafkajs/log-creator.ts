import kafkajs, { type LogEntry, type logCreator, type logLevel as LogLevel } from 'kafkajs';
import type { Logger } from '../../logger.js';

const { logLevel } = kafkajs;

/** Lines that kafkajs only logs and that a user can do something about. */
const worthAWarning = /^(?!Crash:).*(received unsubscribed topics|Not authorized|quota)/i;

/** Said by the logger anyway, or too long. */
const leftOut = new Set(['timestamp', 'logger', 'stack']);

/**
 * Sends kafkajs's lines to the project's logger, lower than kafkajs means them.
 *
 * It logs an error for everything it then mends by itself (each retry, each rebalance) and an info line for each pause.
 * What it cannot mend arrives as an exception or CRASH event and is logged once by whoever handles that.
 */
export function createLogCreator(logger: Logger): logCreator {
  return () => (entry: LogEntry) => {
    const { message, ...rest } = entry.log;
    const fields = Object.entries(rest).filter(([name]) => !leftOut.has(name));
    const line = { ...Object.fromEntries(fields), from: `kafkajs ${entry.namespace}`.trim() };
    if (entry.level <= logLevel.WARN && worthAWarning.test(message)) logger.warn(line, message);
    else if (entry.level <= logLevel.WARN) logger.debug(line, message);
    else logger.trace(line, message);
  };
}

/** How much kafkajs has to say at all: its DEBUG costs an object per request. */
export function kafkajsLogLevel(logger: Logger): LogLevel {
  if (logger.level === 'trace') return logLevel.DEBUG;
  return logLevel.WARN;
}
