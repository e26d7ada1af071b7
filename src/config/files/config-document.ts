/** One `key = value` of a configuration file. */
export interface ConfigEntry {
  readonly section: string;
  /** Lower case, as Python's reader and librdkafka have it. */
  readonly key: string;
  /** As messages show it: in the case in which it was written, where the reader tells. */
  readonly shownKey: string;
  readonly value: string | readonly string[];
  /** 1-based; undefined where the format's reader does not tell. */
  readonly line?: number;
  /** From INI's `[DEFAULT]`, which is merged into every section: no mistake where the section does not know it. */
  readonly isInherited: boolean;
}

/** A configuration file as text: which of it means what is decided later. */
export interface ConfigDocument {
  /** As shown in messages. */
  readonly path: string;
  /** In the order of the file; sections without a key included. */
  readonly sections: readonly string[];
  readonly entries: readonly ConfigEntry[];
  /** One sentence for each line that cannot be read, with its place. */
  readonly problems: readonly string[];
}

/** What a reader of one format gives; problems begin with the line. */
export interface ReadDocument {
  readonly sections: readonly string[];
  readonly entries: readonly ConfigEntry[];
  readonly problems: readonly { readonly line?: number; readonly text: string }[];
}

/** Section of our own options. */
export const ownSection = 'reproducer';

/** `lab.config:12` */
export function placeOf(path: string, line: number | undefined): string {
  return line === undefined ? path : `${path}:${line}`;
}
