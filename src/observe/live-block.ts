/** What is needed of a terminal. */
export interface BlockTerminal {
  write: NodeJS.WriteStream['write'];
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/**
 * A few lines at the bottom of a terminal that change in place, below everything else that is printed.
 *
 * Whatever is written to the terminal meanwhile, by the log or by the user's own code, goes above them: the lines are taken away,
 * the text is written, and the lines are drawn again.
 */
export class LiveBlock {
  readonly #terminal: BlockTerminal;
  readonly #write: (text: string) => void;
  readonly #undo: (() => void)[] = [];
  #lines: readonly string[] = [];
  #drawnCount = 0;
  /** The last text ended in the middle of a line. */
  #isInLine = false;

  /**
   * @param terminal where the lines are drawn
   * @param others streams that may show on the same terminal
   */
  constructor(terminal: BlockTerminal, others: readonly BlockTerminal[]) {
    this.#terminal = terminal;
    const write = terminal.write.bind(terminal);
    this.#write = text => void write(text);
    for (const stream of new Set([terminal, ...others])) if (stream.isTTY === true) this.#intercept(stream);
  }

  /** Characters in a line; read each time, since a window can be resized. */
  get width(): number {
    // Some terminals (serial lines, programs that simulate one) say 0.
    return Math.max(20, this.#terminal.columns || 80);
  }

  /** @param lines each shorter than the width, colours not counted */
  show(lines: readonly string[]): void {
    this.#lines = lines;
    if (!this.#isInLine) this.#write(this.#erasing() + this.#drawing());
  }

  /** Takes the lines away and leaves the terminal alone. */
  close(): void {
    this.show([]);
    for (const undo of this.#undo) undo();
  }

  #intercept(stream: BlockTerminal): void {
    const original = stream.write;
    const write = original.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = (...args: unknown[]): boolean => {
      this.#write(this.#erasing());
      const isTaken = write(...args);
      const [text] = args;
      this.#isInLine = typeof text === 'string' ? !text.endsWith('\n') : false;
      if (!this.#isInLine) this.#write(this.#drawing());
      return isTaken;
    };
    this.#undo.push(() => {
      stream.write = original;
    });
  }

  #erasing(): string {
    const count = this.#drawnCount;
    this.#drawnCount = 0;
    return count === 0 ? '' : `\r\u001b[${count}A\u001b[J`;
  }

  #drawing(): string {
    this.#drawnCount = this.#lines.length;
    return this.#lines.map(line => `${line}\n`).join('');
  }
}
