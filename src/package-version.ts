import { readFileSync } from 'node:fs';

const packageName = 'kafka-reproducer';
/** From `src` it is one folder up, from `dist/src` two. */
const places = ['../package.json', '../../package.json'];

/** Version of this package; `unknown` when its package.json is not where it was installed, as in a bundle. */
export function packageVersion(): string {
  for (const place of places) {
    try {
      const text = readFileSync(new URL(place, import.meta.url), 'utf8');
      const { name, version } = JSON.parse(text) as { name?: unknown; version?: unknown };
      if (name === packageName && typeof version === 'string') return version;
    } catch {
      // Not there: the next place.
    }
  }
  return 'unknown';
}
