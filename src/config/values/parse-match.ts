import picomatch from 'picomatch';
import { ConfigError } from '../../errors.js';

/**
 * Reads a path pattern: a glob (such as `*.csv` or `{a,b}/*`), or a regular expression written `/source/flags`.
 *
 * A glob must match the whole path. It never begins with `/`, because paths are relative, so the two cannot be mixed up.
 * The flags `g` and `y` are refused or dropped: they make `test` depend on the call before.
 *
 * @throws {ConfigError} saying what is wrong with it.
 */
export function parseMatch(text: string): RegExp {
  if (text.trim() === '') throw new ConfigError('must be a glob such as **/*.csv, or /regular expression/');
  if (!text.startsWith('/')) return picomatch.makeRe(text);
  const end = text.lastIndexOf('/');
  const flags = text.slice(end + 1);
  if (end === 0 || !/^[dgimsuv]*$/.test(flags)) {
    throw new ConfigError(
      'must be a glob without a leading / (paths are relative), or a regular expression between two /',
    );
  }
  try {
    return new RegExp(text.slice(1, end), flags.replaceAll('g', ''));
  } catch (error) {
    throw new ConfigError(`is not a regular expression: ${(error as Error).message}`, { cause: error });
  }
}
