/**
 * The known names that a mistyped one most likely meant: those with the fewest edits, at most a third of its length.
 *
 * @returns at most three, in the order given; empty when nothing is near.
 */
export function nearestNames(typed: string, known: Iterable<string>): string[] {
  const wanted = normalized(typed);
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  let best = limit;
  let nearest: string[] = [];
  for (const name of known) {
    const distance = editDistance(wanted, normalized(name));
    if (distance > best) continue;
    if (distance < best) nearest = [];
    best = distance;
    nearest.push(name);
  }
  return nearest.slice(0, 3);
}

/** `; did you mean --limit?`, or nothing. The prefix that all names have is only printed: it says nothing about nearness. */
export function suggestion(typed: string, known: Iterable<string>, prefix = ''): string {
  const bare = typed.startsWith(prefix) ? typed.slice(prefix.length) : typed;
  const names = nearestNames(bare, known).map(name => `${prefix}${name}`);
  return names.length === 0 ? '' : `; did you mean ${names.join(' or ')}?`;
}

function normalized(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** Insertions, deletions, substitutions and swaps of neighbours (restricted Damerau-Levenshtein). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const substitution = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let distance = Math.min(last[column]! + 1, current[column - 1]! + 1, substitution);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, beforeLast[column - 2]! + 1);
      }
      current.push(distance);
    }
    beforeLast = last;
    last = current;
  }
  return last[b.length]!;
}
