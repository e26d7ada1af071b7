import { ConfigError } from '../../errors.js';
import type { Environment } from '../read-environment.js';

/** As deep as Python goes; deeper means that values name each other in a circle. */
const deepest = 10;

/**
 * Python's `%` interpolation: `%(name)s` is the value of another key of the section, `%%` a percent sign.
 *
 * @throws {ConfigError} for any other `%`, an unknown name, and circles.
 */
export function interpolate(text: string, values: ReadonlyMap<string, string>, depth = 0): string {
  if (depth > deepest) throw new ConfigError('refers to itself with %( )s');
  return text.replace(/%(%|\(([^)]*)\)s|.?)/gs, (_found, after: string, name?: string) => {
    if (after === '%') return '%';
    if (name === undefined) throw new ConfigError('holds a single %; write %% for a percent sign');
    const value = values.get(name.toLowerCase());
    if (value === undefined) throw new ConfigError(`refers to %(${name})s, which its section does not have`);
    return interpolate(value, values, depth + 1);
  });
}

/**
 * Replaces `$NAME` and `${NAME}` by environment variables, only in a value that starts with `$`, as OpenMSIStream does: a
 * `$` further inside a password is left alone. A literal first `$` is written `$$`.
 *
 * @throws {ConfigError} naming the variables that are not set.
 */
export function expandEnvironment(text: string, env: Environment): string {
  if (!text.startsWith('$')) return text;
  if (text.startsWith('$$')) return text.slice(1);
  const missing: string[] = [];
  let count = 0;
  const expanded = text.replace(/\$(?:(\w+)|\{([^}]+)\})/g, (_found, plain?: string, braced?: string) => {
    const name = plain ?? braced!;
    count++;
    if (env[name] === undefined) missing.push(name);
    return env[name] ?? '';
  });
  if (missing.length > 0) {
    const names = missing.join(' and ');
    throw new ConfigError(`needs the environment variable ${names}, which is not set`);
  }
  if (count === 0) {
    throw new ConfigError('starts with $ but names no environment variable; write $$ for a dollar sign');
  }
  return expanded;
}
