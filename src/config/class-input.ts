import type { ReproducerDefinition } from '../definition/reproducer-definition.js';
import { ConfigError } from '../errors.js';
import type { GivenValue, GivenValues } from './given-values.js';
import { parseClassOptions } from './parse-class-options.js';

/** What was given for the own options of a class, by option, still as text: it can be sent to another process. */
export type ClassInput = readonly (readonly [option: string, given: GivenValue])[];

export function classInputOf(definition: ReproducerDefinition, values: GivenValues): ClassInput {
  return definition.cliOptions.flatMap(({ name }) => {
    const given = values.get(name);
    return given === undefined ? [] : [[name, given] as const];
  });
}

/**
 * Gives another instance of the class the same values. They are converted and checked once more, as what the class's own `parse`
 * makes of a text need not be something that can be sent.
 *
 * @throws {ConfigError} the class is another one here, or decides otherwise here
 */
export function applyClassInput(definition: ReproducerDefinition, instance: object, input: ClassInput): void {
  const problems: string[] = [];
  const unusable = new Set<string>();
  parseClassOptions(definition, instance, { values: new Map(input), problems, isComplete: true, unusable });
  if (problems.length > 0) throw new ConfigError(problems, { heading: `${definition.name} cannot start:` });
}
