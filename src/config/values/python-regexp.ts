import { ConfigError } from '../../errors.js';

/**
 * Translates the regular expression of OpenMSIStream's `--download_regex` to a JavaScript one with the same matches.
 *
 * Python applies it with `re.match`: anchored at the start of the path and not at its end. Its letters and digits are
 * those of Unicode, `$` also matches before a final line end, and some of its syntax differs. What has no counterpart is
 * refused rather than guessed, because a filter that matches other files loses data.
 *
 * @returns the expression as `/source/flags`, which `parseMatch` reads.
 * @throws {ConfigError} naming the construct that cannot be translated.
 */
export function translatePythonRegExp(pattern: string): string {
  const flags = /^\(\?([a-zA-Z]+)\)/.exec(pattern);
  const letters = flags?.[1] ?? '';
  if (/[^isu]/.test(letters)) refuse(flags![0]);
  const translation = new Translation(flags === null ? pattern : pattern.slice(flags[0].length), letters);
  const source = `^(?:${translation.run()})`;
  const jsFlags = `${letters.includes('i') ? 'i' : ''}u`;
  try {
    new RegExp(source, jsFlags);
  } catch (error) {
    throw new ConfigError(`is not a regular expression: ${(error as Error).message}`, { cause: error });
  }
  return `/${source}/${jsFlags}`;
}

function refuse(construct: string): never {
  throw new ConfigError(
    `holds ${construct}, which is Python's regular expression syntax and has no counterpart here; write it as --match instead`,
  );
}

// The underscore first: in `[\w-a]` it would else begin a range.
const word = '_\\p{L}\\p{N}';
const boundary = `(?:(?<=[${word}])(?![${word}])|(?<![${word}])(?=[${word}]))`;
const notBoundary = `(?:(?<=[${word}])(?=[${word}])|(?<![${word}])(?![${word}]))`;
const endOfText = '(?![\\s\\S])';

/** Escapes that mean another thing in JavaScript; those with `null` cannot stand inside brackets. */
const escapes: Readonly<Record<string, readonly [outside: string, inside: string | null]>> = {
  A: ['(?<![\\s\\S])', null],
  Z: [endOfText, null],
  b: [boundary, '\\b'],
  B: [notBoundary, null],
  d: ['\\p{Nd}', '\\p{Nd}'],
  D: ['\\P{Nd}', '\\P{Nd}'],
  w: [`[${word}]`, word],
  W: [`[^${word}]`, null],
  a: ['\\x07', '\\x07'],
};

/** Groups that both languages write alike. */
const sameGroups = /^\(\?(?::|=|!|<=|<!)/;

/** One code point, which may be two code units; empty at the end. */
function firstCharacter(text: string): string {
  const codePoint = text.codePointAt(0);
  return codePoint === undefined ? '' : String.fromCodePoint(codePoint);
}

class Translation {
  #at = 0;
  readonly #pattern: string;
  readonly #dotMatchesLineEnd: boolean;

  constructor(pattern: string, flags: string) {
    this.#pattern = pattern;
    this.#dotMatchesLineEnd = flags.includes('s');
  }

  run(): string {
    let source = '';
    while (this.#at < this.#pattern.length) source += this.#next();
    return source;
  }

  #rest(): string {
    return this.#pattern.slice(this.#at);
  }

  /** Takes `length` characters and gives back what they become. */
  #take(length: number, translated?: string): string {
    const text = this.#pattern.slice(this.#at, this.#at + length);
    this.#at += length;
    return translated ?? text;
  }

  #next(): string {
    const rest = this.#rest();
    switch (rest[0]) {
      case '\\':
        return this.#escape(false);
      case '[':
        return this.#brackets();
      case '(':
        return this.#group();
      case '.':
        return this.#take(1, this.#dotMatchesLineEnd ? '[\\s\\S]' : '[^\\n]');
      case '$':
        return this.#take(1, `(?=\\n?${endOfText})`);
      case '*':
      case '+':
      case '?':
        return this.#quantifier(1, rest[0]);
      case '{':
        return this.#braces();
      case '}':
      case ']':
      case '/':
        return this.#take(1, `\\${rest[0]}`);
      default:
        return this.#take(firstCharacter(rest).length);
    }
  }

  #quantifier(length: number, translated: string): string {
    const text = this.#take(length);
    // Possessive: `a*+` never gives back what it took.
    if (this.#rest().startsWith('+')) refuse(`${text}+`);
    return this.#rest().startsWith('?') ? translated + this.#take(1) : translated;
  }

  /** `{2,3}` repeats; anything else in braces is plain text to Python and an error to JavaScript. */
  #braces(): string {
    const repeat = /^\{(\d*)(,?)(\d*)\}/.exec(this.#rest());
    if (repeat === null || (repeat[1] === '' && repeat[2] === '')) return this.#take(1, '\\{');
    return this.#quantifier(repeat[0].length, `{${repeat[1] || '0'}${repeat[2]!}${repeat[3]!}}`);
  }

  #group(): string {
    const rest = this.#rest();
    if (!rest.startsWith('(?')) return this.#take(1);
    const same = sameGroups.exec(rest);
    if (same !== null) return this.#take(same[0].length);
    const named = /^\(\?P<(\w+)>/.exec(rest);
    if (named !== null) return this.#take(named[0].length, `(?<${named[1]!}>`);
    const backReference = /^\(\?P=(\w+)\)/.exec(rest);
    if (backReference !== null) return this.#take(backReference[0].length, `\\k<${backReference[1]!}>`);
    const comment = /^\(\?#[^)]*\)/.exec(rest);
    if (comment !== null) return this.#take(comment[0].length, '');
    return refuse(/^\(\?[^)]{0,12}/.exec(rest)![0]);
  }

  #escape(inBrackets: boolean): string {
    const rest = this.#rest();
    const sameEverywhere = /^\\(?:x[\da-fA-F]{2}|u[\da-fA-F]{4}|[fnrtvsS])/.exec(rest);
    if (sameEverywhere !== null) return this.#take(sameEverywhere[0].length);
    const longCodePoint = /^\\U([\da-fA-F]{8})/.exec(rest);
    if (longCodePoint !== null) return this.#take(longCodePoint[0].length, `\\u{${longCodePoint[1]!}}`);
    const backReference = /^\\([1-9]\d?)(?!\d)/.exec(rest);
    if (backReference !== null && !inBrackets)
      return this.#take(backReference[0].length, `(?:${backReference[0]})`);
    const character = firstCharacter(rest.slice(1));
    if (character === '') throw new ConfigError('must not end with a backslash');
    const known = Object.hasOwn(escapes, character) ? escapes[character]![inBrackets ? 1 : 0] : undefined;
    if (known != null) return this.#take(2, known);
    if (/[A-Za-z0-9]/.test(character)) refuse(`\\${character}${inBrackets ? ' between brackets' : ''}`);
    // JavaScript allows a backslash only before characters that need one.
    const needsBackslash = inBrackets ? /[\\\]^-]/ : /[\^$\\.*+?()[\]{}|/]/;
    return this.#take(1 + character.length, needsBackslash.test(character) ? `\\${character}` : character);
  }

  #brackets(): string {
    const opening = this.#rest().startsWith('[^') ? '[^' : '[';
    let source = this.#take(opening.length);
    // A bracket that closes at once would be an empty set: Python takes it for a character.
    if (this.#rest().startsWith(']')) source += this.#take(1, '\\]');
    while (this.#at < this.#pattern.length) {
      const character = firstCharacter(this.#rest());
      if (character === ']') return source + this.#take(1);
      if (character === '\\') source += this.#escape(true);
      else
        source += this.#take(
          character.length,
          character === '[' || character === '/' ? `\\${character}` : character,
        );
    }
    throw new ConfigError('is not a regular expression: a [ is never closed');
  }
}
