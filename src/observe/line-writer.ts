import type { LogLevel } from '../logger.js';

type WriteLine = (fields: object, message: string) => void;

/** The part of a logger that is used here: every line has fields for machines and a text for people. */
export type LineWriter = Readonly<Record<Exclude<LogLevel, 'silent'>, WriteLine>>;

/** For a terminal: the text says all that the fields say. */
export function withoutFields(writer: LineWriter): LineWriter {
  return {
    trace: (_fields, message) => writer.trace({}, message),
    debug: (_fields, message) => writer.debug({}, message),
    info: (_fields, message) => writer.info({}, message),
    warn: (_fields, message) => writer.warn({}, message),
    error: (_fields, message) => writer.error({}, message),
    fatal: (_fields, message) => writer.fatal({}, message),
  };
}
