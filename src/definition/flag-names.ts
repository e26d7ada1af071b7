/** What a long flag looks like, without its dashes. */
export const flagPattern = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

/**
 * The flag of a property, without dashes: `minimumHeight` gives `minimum-height`, `apiURL` gives `api-url`.
 *
 * @returns text that need not be a flag: `größe` has a letter that flags cannot have. Check it with `flagPattern`.
 */
export function kebabCase(property: string): string {
  return property
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .replace(/[_$]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
}

export function snakeCase(name: string): string {
  return name.replaceAll('-', '_');
}

/** `REPRODUCER_` and the flag's name in upper snake case. */
export function environmentName(flagName: string): string {
  return `REPRODUCER_${snakeCase(flagName).toUpperCase()}`;
}
