import { environmentName } from './flag-names.js';
import type { CliOptionDefinition } from './reproducer-definition.js';

/** Flags that every worker has, without dashes; a class cannot declare them. */
export interface ReservedFlags {
  readonly long: ReadonlySet<string>;
  readonly short: ReadonlySet<string>;
}

/** One sentence for each flag or variable that has two meanings. */
export function nameProblems(options: readonly CliOptionDefinition[], reserved: ReservedFlags): string[] {
  const reservedVariables = new Set([...reserved.long].map(environmentName));
  return [
    ...clashes(options, longFlags, reserved.long, 'give this property another flag'),
    ...clashes(
      options,
      option => (option.shortFlag === undefined ? [] : [`-${option.shortFlag}`]),
      new Set([...reserved.short].map(letter => `-${letter}`)),
      'give this property another letter or none',
      '',
    ),
    ...clashes(options, option => [option.env], reservedVariables, 'give this property another env', ''),
  ];
}

/** A switch has a `no-` form too. */
function longFlags({ name, type }: CliOptionDefinition): string[] {
  return type === 'boolean' ? [name, `no-${name}`] : [name];
}

function clashes(
  options: readonly CliOptionDefinition[],
  namesOf: (option: CliOptionDefinition) => string[],
  reserved: ReadonlySet<string>,
  fix: string,
  dashes = '--',
): string[] {
  const owners = new Map<string, string>();
  return options.flatMap(option => {
    const where = `${option.declaredBy}.${option.property}`;
    const names = namesOf(option);
    const taken = names.find(name => reserved.has(name) || owners.has(name));
    for (const name of names) if (!owners.has(name)) owners.set(name, where);
    if (taken === undefined) return [];
    const shown = `${dashes}${taken}`;
    return [
      reserved.has(taken)
        ? `${where}: ${shown} belongs to every worker; ${fix}`
        : `${where}: ${shown} belongs to ${owners.get(taken)!} already; ${fix}`,
    ];
  });
}
