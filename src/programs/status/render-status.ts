import { countText, numberText } from '../../observe/quantity-text.js';
import { renderTable, type TableColumn } from '../render-table.js';
import type { OpenFileStatus, StatusReport } from './status-report.js';

const maxRows = 20;

/** The report for people. @param width characters in a line */
export function renderStatus(report: StatusReport, width: number): string[] {
  const { group, topic, notes } = report;
  return [
    `group ${group} on ${topic}`,
    summary(report),
    ...section('', partitionTable(report, width)),
    ...section(`open files (${numberText(report.open.length)})`, openTable(report, width)),
    ...section(`set aside (${numberText(report.setAside.length)})`, setAsideTable(report, width)),
    ...section('failed, the latest last', failedTable(report, width)),
    ...notes.map(note => `note: ${note}`),
  ];
}

function summary({ outcomes, open, openUnseenCount, unreadFileCount, setAside, lag }: StatusReport): string {
  const failedCount = outcomes === null ? 0 : outcomes.failed + outcomes.corrupt + outcomes.lost;
  return [
    ...(outcomes === null ? [] : [`${numberText(outcomes.done)} done`, `${numberText(failedCount)} failed`]),
    `${numberText(open.length + openUnseenCount)} open${wholeText(open)}`,
    ...(setAside.length > 0 ? [`${numberText(setAside.length)} set aside`] : []),
    `${numberText(unreadFileCount)} not begun`,
    lag === null ? 'lag unknown' : `${countText(lag, 'message')} behind`,
  ].join(', ');
}

/** They lack nothing but the method's time: whoever reads "open" looks for chunks. */
function wholeText(open: StatusReport['open']): string {
  const wholeCount = open.filter(isWhole).length;
  return wholeCount === 0 ? '' : ` (${numberText(wholeCount)} whole, to be processed)`;
}

function isWhole({ haveCount, chunkCount }: OpenFileStatus): boolean {
  return haveCount === chunkCount;
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return ['', ...(title === '' ? [] : [title]), ...lines];
}

const partitionColumns: readonly TableColumn[] = [
  { title: 'partition', align: 'right' },
  { title: 'committed', align: 'right' },
  { title: 'read up to', align: 'right' },
  { title: 'end', align: 'right' },
  { title: 'lag', align: 'right' },
  { title: 'held back by', wraps: true },
];

function partitionTable({ partitions }: StatusReport, width: number): string[] {
  const rows = partitions.map(({ partition, committedOffset, readUpTo, endOffset, lag, heldBackBy }) => [
    String(partition),
    committedOffset ?? 'never',
    readUpTo ?? '',
    endOffset,
    numberText(lag),
    printable(heldBackBy ?? ''),
  ]);
  return renderTable(partitionColumns, rows, width);
}

function openTable({ open }: StatusReport, width: number): string[] {
  const columns: TableColumn[] = [
    { title: 'file', wraps: true },
    { title: 'chunks', align: 'right' },
    { title: 'missing' },
    { title: 'since (UTC)' },
  ];
  const rows = open.map(file => [
    printable(file.path),
    `${numberText(file.haveCount)} of ${numberText(file.chunkCount)}`,
    missingText(file),
    timeText(file.since),
  ]);
  return limited(columns, rows, width);
}

function missingText(file: OpenFileStatus): string {
  if (isWhole(file)) return 'none: to be processed';
  return file.missing.length > 24 ? `${file.missing.slice(0, 23)}…` : file.missing;
}

function setAsideTable({ setAside }: StatusReport, width: number): string[] {
  const columns: TableColumn[] = [
    { title: 'file', wraps: true },
    { title: 'chunks', align: 'right' },
  ];
  const rows = setAside.map(({ path, haveCount, chunkCount }) => [
    printable(path),
    `${numberText(haveCount)} of ${numberText(chunkCount)}`,
  ]);
  return limited(columns, rows, width);
}

function failedTable({ failed }: StatusReport, width: number): string[] {
  const columns: TableColumn[] = [{ title: 'file' }, { title: 'at (UTC)' }, { title: 'why', wraps: true }];
  const rows = failed
    .slice(-maxRows)
    .map(({ path, endedAt, outcome, reason, error }) => [
      printable(path),
      timeText(endedAt),
      printable([reason ?? outcome, error].filter(part => part !== undefined).join(': ')),
    ]);
  return rows.length === 0 ? [] : renderTable(columns, rows, width);
}

function limited(columns: readonly TableColumn[], rows: readonly string[][], width: number): string[] {
  if (rows.length === 0) return [];
  const table = renderTable(columns, rows.slice(0, maxRows), width);
  return rows.length > maxRows
    ? [...table, `and ${numberText(rows.length - maxRows)} more; --json lists all`]
    : table;
}

/** `2026-11-23 20:49:11`, UTC. */
function timeText(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}

/** Paths and errors come from topics: they must not move the cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
