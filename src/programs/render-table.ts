import { wrapText } from './wrap-text.js';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** May be broken into several lines when the table is too wide; at most one column of a table. */
  readonly wraps?: boolean;
}

const gap = 2;
/** Narrower, a wrapped column cannot be read any more. */
const narrowestWrapped = 16;

/**
 * Lays rows out as a table. When it does not fit into `width`, the wrapping column is broken into lines; when that is not
 * enough either, each row becomes a block of `title: value` lines.
 *
 * @returns lines without trailing spaces; the first is the heading in the form of a table
 */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...rows.map(row => row[at]!.length)));
  const excess = widths.reduce((sum, each) => sum + each + gap, -gap) - width;
  if (excess > 0) {
    const wrapping = columns.findIndex(({ wraps }) => wraps);
    if (wrapping === -1 || widths[wrapping]! - excess < narrowestWrapped)
      return renderBlocks(columns, rows, width);
    widths[wrapping]! -= excess;
  }
  const titles = columns.map(({ title }) => title);
  const rule = widths.map(each => '-'.repeat(each));
  return [titles, rule, ...rows].flatMap(row => renderRow(columns, row, widths));
}

function renderRow(
  columns: readonly TableColumn[],
  row: readonly string[],
  widths: readonly number[],
): string[] {
  const cells = row.map((text, at) => (columns[at]!.wraps ? wrapText(text, widths[at]!, true) : [text]));
  const height = Math.max(...cells.map(lines => lines.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      .map((lines, at) => {
        const text = lines[line] ?? '';
        return columns[at]!.align === 'right' ? text.padStart(widths[at]!) : text.padEnd(widths[at]!);
      })
      .join(' '.repeat(gap))
      .trimEnd(),
  );
}

function renderBlocks(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
): string[] {
  return rows.flatMap((row, number) => [
    ...(number === 0 ? [] : ['']),
    ...row.flatMap((text, at) => wrapText(`${columns[at]!.title}: ${text}`, width)),
  ]);
}
