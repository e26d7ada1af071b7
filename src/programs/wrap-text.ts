/**
 * Breaks a text into lines of at most `width` characters: between words. A word that is longer, e.g. an address that is to be
 * copied, has a line of its own, or is broken as well: behind one of its marks or, where there are none, anywhere. Every character counts as one column, which holds for most of the programs' texts.
 *
 * @param width at least 1
 */
export function wrapText(text: string, width: number, breaksWords = false): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter(part => part !== '')) {
    const joined = line === '' ? word : `${line} ${word}`;
    if (joined.length <= width) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = breaksWords ? piecesOf(word, width) : [word];
    line = pieces.pop()!;
    lines.push(...pieces);
  }
  return line === '' ? lines : [...lines, line];
}

function piecesOf(word: string, width: number): string[] {
  const pieces: string[] = [];
  let rest = word;
  while (rest.length > width) {
    // Not before the half: a mark at the beginning would leave most of the line empty.
    const mark = Math.max(...['/', '-', '_', '.'].map(each => rest.lastIndexOf(each, width - 1)));
    const length = mark >= width / 2 ? mark + 1 : width;
    pieces.push(rest.slice(0, length));
    rest = rest.slice(length);
  }
  return [...pieces, rest];
}
