import { describe, expect, it } from 'vitest';
import { LiveBlock, type BlockTerminal } from '../../src/observe/live-block.js';

const escape = '\u001b';

/** Knows the codes that the block uses: carriage return, cursor up, erase to the end. */
class Terminal {
  readonly isTTY = true;
  rows: string[] = [''];
  at = 0;

  write = ((text: string): boolean => {
    for (const part of text.split(new RegExp(`(\\r|\\n|${escape}\\[\\d*[AJ])`))) this.#take(part);
    return true;
  }) as BlockTerminal['write'];

  #take(part: string): void {
    const code = new RegExp(`^${escape}\\[(\\d*)([AJ])$`).exec(part);
    if (code?.[2] === 'A') this.at -= Number(code[1]);
    else if (code?.[2] === 'J') this.rows = [...this.rows.slice(0, this.at), ''];
    else if (part === '\n') this.rows[++this.at] ??= '';
    else if (part !== '\r') this.rows[this.at] = `${this.rows[this.at]!}${part}`;
  }
}

describe('lines at the bottom of a terminal', () => {
  it('stay below whatever is printed', () => {
    const terminal = new Terminal();
    const block = new LiveBlock(terminal, []);
    block.show(['a', 'b']);
    terminal.write('log 1\n');
    block.show(['c']);
    terminal.write('log 2\n');
    block.show(['d', 'e', 'f']);
    expect(terminal.rows).toEqual(['log 1', 'log 2', 'd', 'e', 'f', '']);
    block.close();
    terminal.write('end\n');
    expect(terminal.rows).toEqual(['log 1', 'log 2', 'end', '']);
  });

  it('are as wide as most terminals are where this one says nothing or 0', () => {
    const widthOf = (columns?: number): number =>
      new LiveBlock({ write: () => true, ...(columns === undefined ? {} : { columns }) }, []).width;
    expect([undefined, 0, 10, 160].map(widthOf)).toEqual([80, 80, 20, 160]);
  });

  it('wait while somebody is in the middle of a line', () => {
    const terminal = new Terminal();
    const block = new LiveBlock(terminal, []);
    block.show(['a']);
    terminal.write('half');
    block.show(['b']);
    expect(terminal.rows).toEqual(['half']);
    terminal.write(' and half\n');
    expect(terminal.rows).toEqual(['half and half', 'b', '']);
  });

  it('mind other streams to the same terminal, and give them back', () => {
    const terminal = new Terminal();
    const other = { isTTY: true, write: terminal.write };
    const redirected = { isTTY: false, write: terminal.write };
    const block = new LiveBlock(terminal, [other, redirected]);
    expect(redirected.write).not.toBe(other.write);
    block.show(['a']);
    other.write('from the method\n');
    expect(terminal.rows).toEqual(['from the method', 'a', '']);
    const { write } = redirected;
    block.close();
    expect(other.write).toBe(write);
  });
});
