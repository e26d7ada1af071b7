/**
 * Tables as OpenMSIStream keeps them in its LOGS folders: columns divided by `;`, values as Python literals, no end of line
 * after the last line; on Windows a first line `sep=;`. People open them with a spreadsheet, and its programs read them.
 */

/** A whole number, a text, a point in time, or a set of whole numbers. */
export type TableValue = number | string | Date | ReadonlySet<number>;
export type TableRow = readonly TableValue[];

const delimiter = ';';
const windowsHead = 'sep=;\n';

export function tableText(
  columns: readonly string[],
  rows: Iterable<TableRow>,
  platform: NodeJS.Platform = process.platform,
): string {
  const lines = [headOf(columns, platform)];
  for (const row of rows) lines.push(lineOf(row));
  return lines.join('\n');
}

/** What stands above the rows. */
export function headOf(columns: readonly string[], platform: NodeJS.Platform = process.platform): string {
  return `${platform === 'win32' ? windowsHead : ''}${columns.join(delimiter)}`;
}

/** One row, without an end of line. */
export function lineOf(row: TableRow): string {
  return row.map(fieldOf).join(delimiter);
}

/** A value as it stands in a line. */
export function fieldOf(value: TableValue): string {
  return csvField(literal(value));
}

/**
 * Reads such a table back.
 *
 * @returns the literals of each line as they stand there; undefined when it is another table, or none
 */
export function tableLines(columns: readonly string[], text: string): string[][] | undefined {
  const table = text.startsWith(windowsHead) ? text.slice(windowsHead.length) : text;
  const [head, ...lines] = table.split('\n');
  if (head?.trimEnd() !== columns.join(delimiter)) return undefined;
  return lines.filter(line => line.trim() !== '').map(fieldsOf);
}

/** The text that a literal stands for, as far as OpenMSIStream undoes it: without its quotes. */
export function literalText(literalOfText: string): string {
  return literalOfText.slice(1, -1);
}

/** @returns undefined when it is no point in time as `tableText` writes it */
export function literalDate(literalOfDate: string): Date | undefined {
  const parts = /^'\w+ (\w+) (\d+), (\d+) at (\d+):(\d+):(\d+)'$/.exec(literalOfDate);
  const month = parts === null ? -1 : months.indexOf(parts[1]!);
  if (parts === null || month < 0) return undefined;
  const [day, year, hour, minute, second] = parts.slice(2).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  return new Date(year, month, day, hour, minute, second);
}

const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function literal(value: TableValue): string {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return textLiteral(value);
  return value instanceof Date ? `'${localTime(value)}'` : setLiteral(value);
}

/** As Python's `repr`: double quotes only where that avoids a backslash. */
function textLiteral(text: string): string {
  if (plain.test(text)) return `'${text}'`;
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let written = '';
  for (const character of text) written += character === quote ? `\\${quote}` : escaped(character);
  return `${quote}${written}${quote}`;
}

/** Most names: nothing in them needs an escape. */
const plain = /^[ !#-&(-[\]-~]*$/;
const shortEscapes = new Map([
  ['\\', '\\\\'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);
/** Unicode's categories that Python takes for unprintable; a space is printable. */
const unprintable = /^[\p{C}\p{Z}]$/u;

function escaped(character: string): string {
  const short = shortEscapes.get(character);
  if (short !== undefined) return short;
  if (character === ' ' || !unprintable.test(character)) return character;
  const code = character.codePointAt(0)!;
  if (code < 0x100) return `\\x${hex(code, 2)}`;
  return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

/** Rows that are written one after another mostly have the same few times. */
let latestTime = { second: NaN, text: '' };

/** `Mon Nov 23, 2026 at 20:25:30`, local time. */
function localTime(date: Date): string {
  const second = Math.floor(date.getTime() / 1000);
  if (second !== latestTime.second) latestTime = { second, text: localTimeText(date) };
  return latestTime.text;
}

function localTimeText(date: Date): string {
  const [hour, minute, second] = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two);
  const day = `${weekdays[date.getDay()]!} ${months[date.getMonth()]!} ${two(date.getDate())}, ${date.getFullYear()}`;
  return `${day} at ${hour!}:${minute!}:${second!}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function setLiteral(numbers: ReadonlySet<number>): string {
  return numbers.size === 0 ? 'set()' : `{${[...numbers].join(', ')}}`;
}

function csvField(text: string): string {
  return /[;"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** The literals of one line, as they stand there. Line ends inside of fields do not occur: they are escaped. */
export function fieldsOf(line: string): string[] {
  if (!line.includes('"')) return line.trimEnd().split(delimiter);
  const fields: string[] = [];
  const pattern = /(?:^|;)(?:"((?:[^"]|"")*)"|([^;]*))/g;
  for (const match of line.trimEnd().matchAll(pattern))
    fields.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'));
  return fields;
}
