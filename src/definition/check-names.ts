import { environmentName } from './flag-names.js';
import type { CliOptionDefinition } from './reproducer-definition.js';

/** Flags that every worker has, without dashes; a class cannot declare them. */
export interface ReservedFlags {
  readonly long: ReadonlySet<string>;
  readonly short: ReadonlySet<string>;
}

/** One sentence for each flag or variable that has two meanings. */
export function nameProblems(options: readonly CliOptionDefinition[], reserved: ReservedFlags): string[] {
  const flags = clashes(options, longFlags, new Set([...reserved.long].map(name => `--${name}`)));
  const letters = clashes(
    options,
    ({ shortFlag }) => (shortFlag === undefined ? [] : [`-${shortFlag}`]),
    new Set([...reserved.short].map(letter => `-${letter}`)),
  );
  // A variable that has its name from a flag changes with it.
  const renamed = new Set(flags.map(({ option }) => option));
  const variables = clashes(
    options.filter(option => !renamed.has(option) || option.env !== environmentName(option.name)),
    ({ env }) => [env],
    new Set([...reserved.long].map(environmentName)),
  );
  return [
    ...flags.map(clash => clashText(clash, 'another flag')),
    ...letters.map(clash => clashText(clash, 'another letter or none')),
    ...variables.map(clash => clashText(clash, 'another env')),
  ];
}

/** A switch has a `no-` form too. */
function longFlags({ name, type }: CliOptionDefinition): string[] {
  return type === 'boolean' ? [`--${name}`, `--no-${name}`] : [`--${name}`];
}

interface Clash {
  readonly option: CliOptionDefinition;
  /** As it is written. */
  readonly name: string;
  /** The option that had it before; undefined: every worker has it. */
  readonly owner: CliOptionDefinition | undefined;
}

function clashes(
  options: readonly CliOptionDefinition[],
  namesOf: (option: CliOptionDefinition) => string[],
  reserved: ReadonlySet<string>,
): Clash[] {
  const owners = new Map<string, CliOptionDefinition>();
  return options.flatMap(option => {
    const names = namesOf(option);
    const name = names.find(each => reserved.has(each) || owners.has(each));
    const owner = name === undefined || reserved.has(name) ? undefined : owners.get(name);
    for (const each of names) if (!owners.has(each)) owners.set(each, option);
    return name === undefined ? [] : [{ option, name, owner }];
  });
}

function clashText({ option, name, owner }: Clash, instead: string): string {
  const owned = owner === undefined ? 'every worker' : `${memberOf(owner)} already`;
  return `${memberOf(option)}: ${name} belongs to ${owned}; give this property ${instead}`;
}

function memberOf({ declaredBy, property }: CliOptionDefinition): string {
  return `${declaredBy}.${property}`;
}
