import { snakeCase } from './option-spec.js';
import { workerOptions } from './option-table.js';
import type { WorkerOptionRow } from './option-row.js';

/** The table of worker options as Markdown, for the user's guide. */
export function documentOptions(): string {
  const groups = [...new Set(workerOptions.map(option => option.group))];
  return `${groups.map(documentGroup).join('\n\n')}\n`;
}

function documentGroup(group: string): string {
  const rows = workerOptions.filter(option => option.group === group).map(documentRow);
  return [
    `### ${group.replace(/:$/, '')}`,
    '',
    '| flag | default | meaning | also written | environment |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function documentRow(option: WorkerOptionRow): string {
  const flag = `--${option.name}`;
  const value = option.form === 'optional-value' ? `[${option.placeholder}]` : option.placeholder;
  const short = option.shortFlag === undefined ? [] : [`-${option.shortFlag}`];
  const snake = snakeCase(option.name) === option.name ? [] : [`--${snakeCase(option.name)}`];
  const others = [...short, ...snake, ...option.aliases.map(alias => `--${alias.name}`)];
  const choices = option.choices === undefined ? '' : ` (one of ${option.choices.join(', ')})`;
  const cells = [
    code(`${flag} ${value}`.trim()),
    option.default === undefined ? (option.defaultText ?? '') : code(option.default),
    option.description + choices,
    others.map(code).join(' '),
    option.env === undefined ? '' : code(option.env),
  ];
  // A bar would end the cell.
  return `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function code(text: string): string {
  return `\`${text}\``;
}
