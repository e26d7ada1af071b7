import type { CompiledWorkerOptions } from '../config/worker-options.js';
import { createLogger, type Logger } from '../logger.js';
import { LogRelay } from '../observe/announce/log-relay.js';

/** The log of a program that is a worker; its lines go to a topic as well, if that is asked for. */
export function openWorkerLog(
  name: string,
  { logLevel, logMessages }: CompiledWorkerOptions,
): { readonly logger: Logger; readonly logRelay?: LogRelay } {
  // Progress is drawn below its lines.
  const logger = createLogger({ level: logLevel, name, isShared: true });
  if (logMessages === undefined) return { logger };
  const logRelay = new LogRelay();
  return { logger: logRelay.tap(logger), logRelay };
}
