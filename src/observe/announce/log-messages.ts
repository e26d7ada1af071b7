import { pythonFloat } from '../../wire/python-float.js';
import { pythonJson } from '../../wire/python-json.js';

/** As many as the original keeps; the oldest are dropped first. */
const maxKeptLines = 65_536;
const maxLineLength = 100_000;
/** Kafka takes about 1 MiB by default, and a character can become 6 bytes of JSON. */
const maxMessageLength = 150_000;

/** The log lines that were not sent yet, as the original's log messages hold them: bare texts. */
export class LogMessages {
  #lines: string[] = [];

  add(line: string): void {
    if (this.#lines.length >= maxKeptLines) this.#lines.shift();
    this.#lines.push(line.length > maxLineLength ? `${line.slice(0, maxLineLength)}…` : line);
  }

  /** The values of the next messages: one, possibly without lines, or more when one would be too large for Kafka. */
  take(now: Date): string[] {
    const parts = partsOf(this.#lines);
    this.#lines = [];
    return parts.map(messages => pythonJson({ timestamp: pythonFloat(now.getTime() / 1000), messages }));
  }
}

function partsOf(lines: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  let length = 0;
  for (const line of lines) {
    if (length > 0 && length + line.length > maxMessageLength) {
      parts.push([]);
      length = 0;
    }
    parts.at(-1)!.push(line);
    length += line.length;
  }
  return parts;
}
