import { format } from 'node:util';
import { logLevels, type Logger, type LogLevel } from '../../logger.js';

type Level = Exclude<LogLevel, 'silent'>;
/** Lines before the engine runs are few. */
const maxEarlyLines = 1_000;

/** Hands the texts of log lines on, those from before somebody takes them too. */
export class LogRelay {
  #early: string[] = [];
  #take: ((line: string) => void) | undefined;

  /** @returns a logger that writes to `logger` and to this relay, with all its children */
  tap(logger: Logger): Logger {
    const tapped = (level: Level) => {
      const write: (...args: unknown[]) => void = logger[level].bind(logger);
      return (...args: unknown[]): void => {
        write(...args);
        if (logLevels.indexOf(level) >= logLevels.indexOf(logger.level as LogLevel)) this.#add(lineOf(args));
      };
    };
    return {
      trace: tapped('trace'),
      debug: tapped('debug'),
      info: tapped('info'),
      warn: tapped('warn'),
      error: tapped('error'),
      fatal: tapped('fatal'),
      child: ((...args: Parameters<Logger['child']>) => this.tap(logger.child(...args))) as Logger['child'],
      get level(): string {
        return logger.level;
      },
      set level(level: string) {
        logger.level = level;
      },
    };
  }

  /** From now on lines go there; those from before first. */
  connect(take: (line: string) => void): void {
    for (const line of this.#early) take(line);
    this.#early = [];
    this.#take = take;
  }

  #add(line: string): void {
    if (this.#take !== undefined) this.#take(line);
    else if (this.#early.length < maxEarlyLines) this.#early.push(line);
  }
}

/** The text of a call in pino's way, `(fields?, message?, ...values)`, and the stack of an error among the fields. */
function lineOf(args: readonly unknown[]): string {
  const [first, ...rest] = args;
  if (typeof first === 'string') return format(first, ...rest);
  const error = errorOf(first);
  const text = rest.length > 0 ? format(...rest) : (error?.message ?? '');
  return error?.stack === undefined ? text : `${text}\n${error.stack}`;
}

function errorOf(fields: unknown): Error | undefined {
  if (fields instanceof Error) return fields;
  if (typeof fields !== 'object' || fields === null || !('err' in fields)) return undefined;
  return fields.err instanceof Error ? fields.err : undefined;
}
