import type { Command } from 'commander';
import { reservedFlags } from '../config/command-line.js';
import type { ReproducerClass } from '../definition/reproducer-definition.js';
import { resolveDefinition } from '../definition/resolve-definition.js';
import { argumentParser as parserOfDefinition } from './argument-parser.js';
import { packageVersion } from '../package-version.js';

/**
 * The commander `Command` of a decorated class, to extend or to document: every worker's options, then the class's own.
 *
 * @param create makes the instance whose initial values are the defaults, for a class whose constructor needs something
 * @throws {DecoratorUsageError} with all problems of the class
 */
export function argumentParser<T extends object>(
  target: ReproducerClass<T>,
  create: () => T = () => new (target as unknown as new () => T)(),
): Command {
  return parserOfDefinition(resolveDefinition(target, create(), reservedFlags), packageVersion());
}
