import { createForwardingLogger, type Logger, type LogLevel, type LogLine } from '../logger.js';

/** Lines kept; a test that needs older ones says something else with its log. */
const mostLines = 10_000;

/** Keeps what a worker logs, for tests to look at. */
export class CapturedLog {
  /** Oldest first. */
  readonly lines: LogLine[] = [];
  readonly logger: Logger;

  constructor(level: LogLevel) {
    this.logger = createForwardingLogger(level, line => {
      this.lines.push(line);
      if (this.lines.length > mostLines) this.lines.shift();
    });
  }

  /** The first line whose text fits. @param wanted - a part of the text, or a pattern */
  find(wanted: string | RegExp): LogLine | undefined {
    const fits = (text: string): boolean =>
      typeof wanted === 'string' ? text.includes(wanted) : text.search(wanted) >= 0;
    return this.lines.find(({ message }) => fits(message));
  }

  /** The last lines, for errors. */
  tail(count = 10): string {
    const lines = this.lines.slice(-count).map(({ level, message }) => `\n  ${level}: ${message}`);
    return lines.length === 0 ? '\n  (nothing was logged)' : lines.join('');
  }
}
