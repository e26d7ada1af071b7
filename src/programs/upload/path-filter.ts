import { basename } from 'node:path/posix';
import { parseMatch } from '../../config/values/parse-match.js';
import { ConfigError } from '../../errors.js';

/** Which files below a folder are meant. */
export interface PathFilter {
  /** On the path as it is to arrive; undefined: every file. */
  readonly match?: RegExp;
  readonly ignored: readonly IgnoredPattern[];
  /** Whether files and folders whose name begins with a dot are meant as well. */
  readonly hasHidden: boolean;
}

export interface IgnoredPattern {
  readonly pattern: RegExp;
  /** On the last name of a path, as in .gitignore, rather than on the whole path. */
  readonly isForName: boolean;
}

/** A glob without a slash is for names at any depth, one with a slash for whole paths. @throws {ConfigError} */
export function parseIgnored(text: string): IgnoredPattern {
  if ((text.match(/\{/g)?.length ?? 0) !== (text.match(/\}/g)?.length ?? 0))
    throw new ConfigError('has a brace that is not closed: a comma ends a pattern, so give several patterns');
  return { pattern: parseMatch(text), isForName: !text.includes('/') };
}

/** Whether a folder or file is to be passed over. @param path relative, with `/` */
export function isIgnored(path: string, { ignored, hasHidden }: Omit<PathFilter, 'match'>): boolean {
  const name = basename(path);
  if (!hasHidden && name.startsWith('.')) return true;
  return ignored.some(({ pattern, isForName }) => pattern.test(isForName ? name : path));
}
