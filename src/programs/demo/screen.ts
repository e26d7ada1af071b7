import { wrapText } from '../wrap-text.js';

/** What the demo needs of standard output. */
export interface ScreenOutput {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Width in characters; undefined where there is no terminal. */
  readonly columns?: number;
}

/** Terminal codes that begin and end a style (ECMA-48, SGR). */
const styles = { bold: [1, 22], yellow: [33, 39] } as const;
type Style = keyof typeof styles;

const widest = 88;
const narrowest = 24;

/**
 * Writes the demo's text: paragraphs wrapped to the terminal, colours where they are wanted, and on a terminal one line that
 * changes while something goes on. Without a terminal (a pipe, CI) the same text comes without colours and without that
 * line.
 */
export class Screen {
  readonly #output: ScreenOutput;
  readonly #hasColors: boolean;
  #status = '';

  /** @param env `NO_COLOR` (https://no-color.org) and `TERM=dumb` switch colours off */
  constructor(output: ScreenOutput, env: Readonly<Record<string, string | undefined>>) {
    this.#output = output;
    const refused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
    this.#hasColors = output.isTTY === true && !refused;
  }

  /** Characters in a line; read each time, since a window can be resized. */
  get width(): number {
    return Math.max(narrowest, Math.min(this.#output.columns || 80, widest));
  }

  styled(style: Style, text: string): string {
    if (!this.#hasColors) return text;
    const [begin, end] = styles[style];
    return `\u001b[${begin}m${text}\u001b[${end}m`;
  }

  /** Writes one line as it is. */
  line(text = ''): void {
    this.status('');
    this.#output.write(`${text}\n`);
  }

  /** Writes a text wrapped to the width, each line indented. */
  paragraph(text: string, indent = 0, style?: Style): void {
    for (const line of wrapText(text, this.width - indent))
      this.line(' '.repeat(indent) + (style === undefined ? line : this.styled(style, line)));
  }

  /** Writes a text as one item of a list. */
  item(text: string, indent = 0): void {
    for (const [at, line] of wrapText(text, this.width - indent - 2).entries())
      this.line(`${' '.repeat(indent)}${at === 0 ? '- ' : '  '}${line}`);
  }

  /** Shows a text in the line that changes; empty to take it away. Nothing without a terminal. */
  status(text: string): void {
    if (this.#output.isTTY !== true || text === this.#status) return;
    // Longer than the line it would wrap, and the carriage return would reach its last row only.
    const shown = text.slice(0, this.width - 1);
    this.#output.write(`\r${shown.padEnd(Math.min(this.#status.length, this.width - 1))}\r${shown}`);
    this.#status = text;
  }
}
