import { format } from 'node:util';
import type { Logger, LogLevel } from '../logger.js';

type Level = Exclude<LogLevel, 'silent'>;

/** A call of a logger, whether or not the logger prints it. */
export interface LoggedCall {
  readonly level: Level;
  /** In pino's way: `(fields?, message?, ...values)`. */
  readonly args: readonly unknown[];
  /** The fields that all lines of this child of the logger have; undefined: it is no child. */
  readonly bindings: object | undefined;
  /** What the logger prints at least. */
  readonly printedFrom: LogLevel;
}

/** @returns a logger that writes to `logger` and hands each call on, those of its children too */
export function tapLogger(logger: Logger, take: (call: LoggedCall) => void, bindings?: object): Logger {
  const tapped =
    (level: Level) =>
    (...args: unknown[]): void => {
      const write: (this: Logger, ...args: unknown[]) => void = logger[level];
      write.call(logger, ...args);
      take({ level, args, bindings, printedFrom: logger.level as LogLevel });
    };
  const child = (own: object, ...rest: []): Logger =>
    tapLogger(logger.child(own, ...rest), take, { ...bindings, ...own });
  return {
    trace: tapped('trace'),
    debug: tapped('debug'),
    info: tapped('info'),
    warn: tapped('warn'),
    error: tapped('error'),
    fatal: tapped('fatal'),
    child: child as Logger['child'],
    get level(): string {
      return logger.level;
    },
    set level(level: string) {
      logger.level = level;
    },
  };
}

/** The text of a call, and the stack of an error among its fields. */
export function textOf(args: readonly unknown[]): string {
  const [first, ...rest] = args;
  if (typeof first === 'string') return format(first, ...rest);
  const { message = '', stack } = errorOf(first);
  const text = rest.length > 0 ? format(...rest) : String(message);
  return typeof stack === 'string' ? `${text}\n${stack}` : text;
}

/** One that comes from another process has no class. */
function errorOf(fields: unknown): { readonly message?: unknown; readonly stack?: unknown } {
  if (fields instanceof Error) return fields;
  if (typeof fields !== 'object' || fields === null || !('err' in fields)) return {};
  return typeof fields.err === 'object' && fields.err !== null ? fields.err : {};
}
