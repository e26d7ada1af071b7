/** The names that a request has more than once. */
export function namesThatRepeat(topics: readonly { readonly name: string }[]): ReadonlySet<string> {
  const seen = new Set<string>();
  return new Set(topics.map(({ name }) => name).filter(name => seen.size === seen.add(name).size));
}
