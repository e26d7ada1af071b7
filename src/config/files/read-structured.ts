import { createRequire } from 'node:module';
import type * as Toml from 'smol-toml';
import type * as Yaml from 'yaml';
import type { Document, LineCounter } from 'yaml';
import { ownSection, type ConfigEntry, type ReadDocument } from './config-document.js';

const load = createRequire(import.meta.url);
/** Loaded when a file needs them: most workers have an INI file or none, and each library costs start-up time. */
const loadYaml = () => load('yaml') as typeof Yaml;
const loadToml = () => load('smol-toml') as typeof Toml;

type Problem = ReadDocument['problems'][number];

/** Collects the entries of a tree of sections. */
class Collector {
  readonly sections = new Set<string>();
  readonly entries: ConfigEntry[] = [];
  readonly problems: Problem[] = [];

  /**
   * @param path keys from the root. One alone is an option of ours; of several the first is the section, and the others
   *   make one dotted name, so that `bootstrap.servers` may also be written nested (TOML reads it so).
   */
  add(path: readonly string[], value: ConfigEntry['value'], line?: number): void {
    const [section, ...keys] = path.length === 1 ? [ownSection, path[0]!] : path;
    this.sections.add(section!);
    const shownKey = keys.join('.');
    const entry = { section: section!, key: shownKey.toLowerCase(), shownKey, value, isInherited: false };
    this.entries.push(line === undefined ? entry : { ...entry, line });
  }

  refuse(path: readonly string[], found: string, line?: number): void {
    const text = `${path.join('.')} must be a text, number, boolean or list of them; found ${found}`;
    this.problems.push(line === undefined ? { text } : { line, text });
  }

  finish(): ReadDocument {
    return { sections: [...this.sections], entries: this.entries, problems: this.problems };
  }
}

/**
 * Reads YAML with all scalars as text: a password `0123` stays what it is until somebody wants a number.
 * Values that are empty or `null` count as not given.
 */
export function readYaml(text: string): ReadDocument {
  const { isMap, isScalar, LineCounter, parseDocument } = loadYaml();
  const lines = new LineCounter();
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map(error => ({
      line: lines.linePos(error.pos[0]).line,
      text: error.message,
    }));
    return { sections: [], entries: [], problems };
  }
  const collector = new Collector();
  const root = document.contents;
  if (isMap(root)) walkYaml(document, root, [], collector, lines);
  else if (root !== null && !(isScalar(root) && root.value === '')) {
    collector.problems.push({ line: 1, text: 'expected sections with keys' });
  }
  return collector.finish();
}

/** Reads JSON. YAML's reader does the work, because it keeps numbers as they are written and knows the lines. */
export function readJson(text: string): ReadDocument {
  try {
    JSON.parse(text);
  } catch (error) {
    // Only the reason: the rest of the message quotes the file, secrets included.
    const reason = (error as Error).message.split(/ in JSON|, "|, \.\.\./, 1)[0]!;
    return { sections: [], entries: [], problems: [{ text: `is not JSON: ${reason}` }] };
  }
  return readYaml(text);
}

function walkYaml(
  document: Document,
  node: unknown,
  path: readonly string[],
  collector: Collector,
  lines: LineCounter,
): void {
  const { isAlias, isMap, isScalar, isSeq } = loadYaml();
  if (!isMap(node)) return;
  if (path.length === 1) collector.sections.add(path[0]!);
  for (const pair of node.items) {
    const key = isScalar(pair.key) ? String(pair.key.value) : '?';
    const start = isScalar(pair.key) ? pair.key.range?.[0] : undefined;
    const line = start === undefined ? undefined : lines.linePos(start).line;
    const value = isAlias(pair.value) ? pair.value.resolve(document) : pair.value;
    const here = [...path, key];
    if (isMap(value)) walkYaml(document, value, here, collector, lines);
    else if (isScalar(value)) {
      const content = String(value.value);
      const isNothing = value.type === 'PLAIN' && ['', '~', 'null'].includes(content);
      if (!isNothing) collector.add(here, content, line);
    } else if (isSeq(value) && value.items.every(item => isScalar(item))) {
      collector.add(
        here,
        value.items.map(item => String(item.value)),
        line,
      );
    } else if (value != null) collector.refuse(here, 'a list of lists or maps', line);
  }
}

/** Reads TOML. Its reader does not tell lines, so messages name section and key. */
export function readToml(text: string): ReadDocument {
  const collector = new Collector();
  const { parse, TomlError } = loadToml();
  try {
    walkToml(parse(text, { integersAsBigInt: true }), [], collector);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n', 1)[0]!.replace('Invalid TOML document: ', '');
    return { sections: [], entries: [], problems: [{ line: error.line, text: `is not TOML: ${reason}` }] };
  }
  return collector.finish();
}

function walkToml(table: object, path: readonly string[], collector: Collector): void {
  if (path.length === 1) collector.sections.add(path[0]!);
  for (const [key, value] of Object.entries(table) as [string, unknown][]) {
    const here = [...path, key];
    if (isTomlScalar(value)) collector.add(here, String(value));
    else if (Array.isArray(value) && value.every(isTomlScalar)) collector.add(here, value.map(String));
    else if (Array.isArray(value)) collector.refuse(here, 'a list of lists or tables');
    else if (value instanceof Date) collector.refuse(here, 'a date; put it in quotes');
    else if (typeof value === 'object' && value !== null) walkToml(value, here, collector);
  }
}

function isTomlScalar(value: unknown): value is string | number | bigint | boolean {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value);
}
