/**
 * Replaces what stands between `<!-- NAME: generated -->` and `<!-- NAME: end -->`.
 * @throws {Error} the page has no such markers
 */
export function replaceGenerated(page: string, name: string, lines: readonly string[]): string {
  const [start, end] = [`<!-- ${name}: generated -->`, `<!-- ${name}: end -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no part between '${start}' and '${end}'`);
  return `${page.slice(0, from + start.length)}\n\n${lines.join('\n').trim()}\n\n${page.slice(to)}`;
}
