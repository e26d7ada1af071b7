import { describe, expect, it } from 'vitest';
import { Screen, type ScreenOutput } from '../../../src/programs/demo/screen.js';

function record(properties: Partial<ScreenOutput>): ScreenOutput & { readonly text: string } {
  const written: string[] = [];
  return {
    write: text => written.push(text),
    get text() {
      return written.join('');
    },
    ...properties,
  };
}

const escape = '\u001b';

describe('Screen', () => {
  it('colours on a terminal', () => {
    const output = record({ isTTY: true });
    new Screen(output, {}).paragraph('title', 0, 'bold');
    expect(output.text).toContain(`${escape}[1m`);
  });

  it.each([
    ['NO_COLOR is set', { isTTY: true }, { NO_COLOR: '1' }],
    ['the terminal is dumb', { isTTY: true }, { TERM: 'dumb' }],
    ['there is no terminal', {}, {}],
  ])('writes no colours where %s', (_case, properties, env) => {
    const output = record(properties);
    new Screen(output, env).paragraph('title', 0, 'bold');
    expect(output.text).toBe('title\n');
  });

  it('counts an empty NO_COLOR as not set', () => {
    expect(new Screen(record({ isTTY: true }), { NO_COLOR: '' }).styled('bold', 'x')).not.toBe('x');
  });

  it('wraps paragraphs to the terminal, indentation included', () => {
    const output = record({ columns: 30 });
    new Screen(output, {}).paragraph('one two three four five six seven eight', 4);
    expect(output.text).toBe('    one two three four five\n    six seven eight\n');
  });

  it('shows what goes on in one line that the next text replaces', () => {
    const output = record({ isTTY: true, columns: 30 });
    const screen = new Screen(output, { NO_COLOR: '1' });
    screen.status('10 chunks');
    screen.status('2');
    screen.line('done');
    expect(output.text).toBe('\r10 chunks' + '\r10 chunks' + '\r2        \r2' + '\r \r' + 'done\n');
  });

  it('says nothing in between without a terminal', () => {
    const output = record({});
    new Screen(output, {}).status('10 chunks');
    expect(output.text).toBe('');
  });
});
