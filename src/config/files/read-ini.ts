import type { ConfigEntry, ReadDocument } from './config-document.js';
import { interpolate } from './interpolate.js';

/**
 * Reads the INI dialect of Python's `configparser`, in which OpenMSIStream's files are written: `key = value` and
 * `key: value`, full-line comments with `#` or `;` (indented too), values continued on deeper indented lines, keys in any
 * case, `[DEFAULT]` merged into every section, `%(name)s` and `%%`. No duplicate sections or keys.
 *
 * A reader of its own because npm's INI packages read other dialects: they take `;` and `#` inside a value for a comment
 * (which cuts passwords), split keys at dots (`bootstrap.servers`), and know no continuation lines.
 * Source: https://docs.python.org/3/library/configparser.html
 *
 * Every value stays text: OpenMSIStream makes numbers of all that look like one, passwords included.
 */
export function readIni(text: string): ReadDocument {
  const reader = new IniReader();
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\n|\r/);
  lines.forEach((line, at) => {
    reader.take(line, at + 1);
  });
  return reader.finish();
}

interface RawEntry {
  readonly key: string;
  readonly lines: string[];
  readonly line: number;
}

type Section = Map<string, RawEntry>;

class IniReader {
  readonly #sections = new Map<string, Section>();
  readonly #problems: { line: number; text: string }[] = [];
  #section: Section | undefined;
  #entry: RawEntry | undefined;
  #indent = 0;

  take(line: string, number: number): void {
    const content = line.trim();
    if (content === '') {
      // An empty line inside a value belongs to it; at its end it is cut off again.
      this.#entry?.lines.push('');
      return;
    }
    if (/^[#;]/.test(content)) return;
    const indent = line.length - line.trimStart().length;
    if (this.#entry !== undefined && indent > this.#indent) {
      this.#entry.lines.push(content);
      return;
    }
    this.#indent = indent;
    this.#entry = undefined;
    const header = /^\[(.+)\]/.exec(content);
    if (header === null) this.#takeKey(content, number);
    else this.#openSection(header[1]!, number);
  }

  #openSection(name: string, line: number): void {
    // Python lets only [DEFAULT] come again.
    if (name !== 'DEFAULT' && this.#sections.has(name))
      this.#problems.push({ line, text: `[${name}] stands in the file twice` });
    this.#section = this.#sections.get(name) ?? new Map<string, RawEntry>();
    this.#sections.set(name, this.#section);
  }

  #takeKey(content: string, line: number): void {
    const parts = /^(.*?)\s*[=:]\s*(.*)$/.exec(content);
    if (parts === null || parts[1] === '') {
      this.#problems.push({
        line,
        text: `expected key = value, [section] or # comment; found ${firstWord(content)}`,
      });
      return;
    }
    const entry: RawEntry = { key: parts[1]!.toLowerCase(), lines: [parts[2]!], line };
    this.#entry = entry;
    if (this.#section === undefined) {
      this.#problems.push({ line, text: `${entry.key} stands before the first [section]` });
    } else if (this.#section.has(entry.key)) {
      this.#problems.push({ line, text: `${entry.key} stands in its section twice` });
    } else {
      this.#section.set(entry.key, entry);
    }
  }

  finish(): ReadDocument {
    const defaults = this.#sections.get('DEFAULT') ?? new Map<string, RawEntry>();
    this.#sections.delete('DEFAULT');
    const entries: ConfigEntry[] = [];
    for (const [section, own] of this.#sections) {
      const merged = new Map([...defaults, ...own]);
      const texts = new Map([...merged].map(([key, entry]) => [key, entry.lines.join('\n').trimEnd()]));
      for (const [key, { line }] of merged) {
        const isInherited = !own.has(key);
        try {
          const value = interpolate(texts.get(key)!, texts);
          entries.push({ section, key, shownKey: key, value, line, isInherited });
        } catch (error) {
          this.#problems.push({ line, text: `[${section}] ${key} ${(error as Error).message}` });
        }
      }
    }
    return { sections: [...this.#sections.keys()], entries, problems: this.#problems };
  }
}

/** Enough to find the line, and not the rest of it: it may be a part of a secret. */
function firstWord(content: string): string {
  const word = content.split(/\s/, 1)[0]!;
  return word.length > 12 ? `${word.slice(0, 12)}…` : word;
}
