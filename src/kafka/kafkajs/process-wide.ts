import { IllegalStateError } from '../../errors.js';
import { packageVersion } from '../../package-version.js';
import { internals } from './kafkajs-internals.js';

/**
 * What belongs to the kafkajs of this process and not to this copy of the package: which patches are in, and what they look up.
 *
 * A process may load the package twice (a library brings its own copy, a test runner loads each test file's anew) and kafkajs
 * once. Each copy with patches of its own would patch what the other patched, and not see what the other marked.
 */
interface Shared {
  readonly version: string;
  readonly parts: Map<string, unknown>;
}

const thisVersion = packageVersion();
const sharedKey = Symbol.for('kafka-reproducer');

/** @throws {IllegalStateError} another version of this package has patched this kafkajs */
export function checkOnlyVersion(version = thisVersion): void {
  const found = sharedWith(version).version;
  if (found === version) return;
  throw new IllegalStateError(
    `kafka-reproducer ${version} cannot use kafkajs together with kafka-reproducer ${found}, which is loaded in this process ` +
      'as well: install one version ("npm ls kafka-reproducer" shows who brings which)',
  );
}

/** The one `make()` of this name, whichever copy of the package asks first. */
export function processWide<T>(name: string, make: () => T): T {
  const { parts } = sharedWith(thisVersion);
  if (!parts.has(name)) parts.set(name, make());
  return parts.get(name) as T;
}

/** Runs `patch` unless it, or the one of this name in another copy of the package, has run. */
export function patchOnce(name: string, patch: () => void): void {
  processWide(`patch ${name}`, () => {
    patch();
    return true;
  });
}

function sharedWith(version: string): Shared {
  // Without kafkajs's requests `checkKafkajs` refuses to go on.
  const holder: { [sharedKey]?: Shared } = internals.requests ?? {};
  const shared = holder[sharedKey] ?? { version, parts: new Map<string, unknown>() };
  holder[sharedKey] = shared;
  return shared;
}
