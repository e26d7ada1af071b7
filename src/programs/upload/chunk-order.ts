/** All of one source, then all of the next. */
export function* inTurn<T>(sources: readonly Iterable<T>[]): Generator<T, void, void> {
  for (const source of sources) yield* source;
}

/** One of each source, then the next of each; a source that has ended is left out. */
export function* roundRobin<T>(sources: readonly Iterator<T>[]): Generator<T, void, void> {
  let open = [...sources];
  while (open.length > 0) {
    const still: Iterator<T>[] = [];
    for (const source of open) {
      const next = source.next();
      if (next.done === true) continue;
      yield next.value;
      still.push(source);
    }
    open = still;
  }
}
