import { bytesText, countText } from '../../observe/quantity-text.js';
import { renderTable } from '../render-table.js';
import type { StoredLetter } from '../../engine/replay/stored-letters.js';

/**
 * The dead letters as a table.
 * @param width of the terminal in columns
 */
export function letterTable(letters: readonly StoredLetter[], width: number): string[] {
  const columns = [
    { title: 'given up (UTC)' },
    { title: 'reason' },
    { title: 'size', align: 'right' },
    { title: 'file or message', wraps: true },
  ] as const;
  const rows = letters.map(({ letter }) => [
    letter.failedAt.slice(0, 16).replace('T', ' '),
    letter.reason,
    letter.kind === 'file' ? bytesText(letter.size) : '',
    letter.kind === 'file' ? letter.path : placeText(letter.source),
  ]);
  return renderTable(columns, rows, width);
}

/** One dead letter with all that is known. */
export function letterDetails({ key, letter }: StoredLetter): string[] {
  const { reason, error, source, groupId, name, version, failedAt } = letter;
  const facts: [string, string][] = [['key', key]];
  if (letter.kind === 'file') {
    const { path, size, chunkCount, sha512, attempts, resultId } = letter;
    facts.push(
      ['file', `${path}, ${bytesText(size)} in ${countText(chunkCount, 'chunk')}`],
      ['SHA-512', sha512],
      ['attempts', String(attempts)],
      ['result id', resultId],
    );
  }
  facts.push(
    ['given up', failedAt],
    ['by', `${name}${version === '' ? '' : ` ${version}`}, group ${groupId}`],
    ['chunks', placeText(source)],
    ['reason', reason],
    ['error', `${error.name}: ${error.message}`],
  );
  const width = Math.max(...facts.map(([title]) => title.length));
  const lines = facts.map(([title, text]) => `${title.padEnd(width)}  ${text}`);
  const stack = error.stack?.split('\n').map(line => `  ${line}`) ?? [];
  return [...lines, ...stack];
}

/** What a list leaves out, and how many there are. */
export function letterCount(letters: readonly StoredLetter[]): string {
  const files = letters.filter(({ letter }) => letter.kind === 'file').length;
  const messages = letters.length - files;
  const parts = [
    countText(files, 'file'),
    ...(messages > 0 ? [countText(messages, 'unusable message')] : []),
  ];
  return parts.join(', ');
}

function placeText({ topic, partitions }: StoredLetter['letter']['source']): string {
  return partitions.map(({ partition, offsets }) => `${topic}[${partition}]@${offsets}`).join(', ');
}
