import { scopeNote, verdict, type Comparison } from './comparison.js';

export interface SuiteReport {
  readonly name: string;
  /** Why it did not run. */
  readonly missing?: string;
  readonly comparisons: readonly Comparison[];
}

/** The comparison as Markdown: a summary, what differs with what was seen, then test by test. */
export function reportLines(reports: readonly SuiteReport[], brokerVersion: string): string[] {
  return [
    `| client | tests | passed on Apache Kafka ${brokerVersion} | passed here | same on both | out of scope here |`,
    '| --- | --: | --: | --: | --: | --: |',
    ...reports.map(summaryRow),
    '',
    ...reports.flatMap(suiteLines),
  ];
}

function summaryRow({ name, missing, comparisons }: SuiteReport): string {
  if (missing !== undefined) return `| ${name} | not run: ${cell(missing)} | | | | |`;
  const count = (isCounted: (comparison: Comparison) => boolean): number =>
    comparisons.filter(isCounted).length;
  const real = count(each => each.real?.hasPassed === true);
  const embedded = count(each => each.embedded?.hasPassed === true);
  const same = count(each => verdict(each) === 'same');
  const outside = count(each => verdict(each) === 'out of scope');
  return `| ${name} | ${comparisons.length} | ${real} | ${embedded} | ${same} | ${outside} |`;
}

function suiteLines({ name, comparisons }: SuiteReport): string[] {
  if (comparisons.length === 0) return [];
  const differing = comparisons.filter(each => verdict(each) !== 'same');
  const differences =
    differing.length === 0 ? ['No differences.', ''] : [...differing.flatMap(differenceLines), ''];
  const rows = comparisons.map(
    each => `| ${cell(each.test)} | ${mark(each.real)} | ${mark(each.embedded)} |`,
  );
  const header = ['| test | Apache Kafka | here |', '| --- | --- | --- |'];
  const details = [
    `<details><summary>${comparisons.length} tests</summary>`,
    '',
    ...header,
    ...rows,
    '',
    '</details>',
    '',
  ];
  return [`### ${name}`, '', ...differences, ...details];
}

function differenceLines({ test, real, embedded }: Comparison): string[] {
  const note = real?.hasPassed === true ? scopeNote(test) : undefined;
  return [
    `- ${cell(test)}${note === undefined ? '' : `. Out of scope: ${note}`}`,
    `  - Apache Kafka: ${mark(real)} ${code(real?.seen)}`,
    `  - here: ${mark(embedded)} ${code(embedded?.seen)}`,
  ];
}

function mark(outcome: Comparison['real']): string {
  if (outcome === undefined) return 'not run';
  return outcome.hasPassed ? 'passed' : 'failed';
}

function code(seen: string | undefined): string {
  const text = (seen ?? '').replaceAll(/\s+/g, ' ').replaceAll('`', "'").trim();
  if (text === '') return '';
  return `\`${text.length > 400 ? `${text.slice(0, 400)} …` : text}\``;
}

/** Text that does not end a table's cell or start a tag. */
function cell(text: string): string {
  return text
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;')
    .replaceAll(/([*_])/g, '\\$1')
    .replaceAll(/\s+/g, ' ');
}
