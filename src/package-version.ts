import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const packageName = 'kafka-reproducer';
/** From `src` it is one folder up, from `dist/src` two. */
const places = ['../package.json', '../../package.json'];

/** Version of this package; `unknown` when its package.json is not where it was installed, as in a bundle. */
export function packageVersion(): string {
  return findPackage()?.version ?? 'unknown';
}

/** The folder of this package, undefined where its version is `unknown`. */
export function packageRoot(): string | undefined {
  const found = findPackage();
  return found === undefined ? undefined : dirname(fileURLToPath(found.file));
}

function findPackage(): { readonly file: URL; readonly version: string } | undefined {
  for (const place of places) {
    try {
      const file = new URL(place, import.meta.url);
      const { name, version } = JSON.parse(readFileSync(file, 'utf8')) as {
        name?: unknown;
        version?: unknown;
      };
      if (name === packageName && typeof version === 'string') return { file, version };
    } catch {
      // Not there: the next place.
    }
  }
  return undefined;
}
