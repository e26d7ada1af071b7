import { isAtLeast, type Logger } from '../../logger.js';
import { tapLogger, textOf } from '../tap-logger.js';

/** Lines before the engine runs are few. */
const maxEarlyLines = 1_000;

/** Hands the texts of log lines on, those from before somebody takes them too. */
export class LogRelay {
  #early: string[] = [];
  #take: ((line: string) => void) | undefined;

  /** @returns a logger that writes to `logger` and to this relay, with all its children */
  tap(logger: Logger): Logger {
    return tapLogger(logger, ({ level, printedFrom, args }) => {
      if (isAtLeast(level, printedFrom)) this.#add(textOf(args));
    });
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
