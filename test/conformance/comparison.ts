import { type Outcome } from './suite.js';

/** One test on both brokers; `undefined` where it did not run. */
export interface Comparison {
  readonly test: string;
  readonly real: Outcome | undefined;
  readonly embedded: Outcome | undefined;
}

/**
 * How a test compares. `same`: passed on both and saw the same, or failed on both. `out of scope`: it needs something that the
 * embedded broker does not have on purpose, and fails there.
 */
export type Verdict = 'same' | 'other result' | 'only real' | 'only embedded' | 'out of scope';

const newerGroups =
  'The newer group protocol (KIP-848) is not offered. It fails as on a Kafka with `group.version` 0.';
const outOfScope: ReadonlyMap<string, string> = new Map([
  ['a client of the newer group protocol', newerGroups],
  ['VerifiableConsumer: the newer group protocol', newerGroups],
  [
    'admin/index.spec.js: Admin emits the request timeout event',
    'It expects that an answer takes longer than 1 ms. The embedded broker often answers sooner.',
  ],
]);

/** Why a test need not pass on the embedded broker; `undefined` for all others. */
export function scopeNote(test: string): string | undefined {
  return outOfScope.get(test);
}

export function compare(real: readonly Outcome[], embedded: readonly Outcome[]): Comparison[] {
  const byTest = (outcomes: readonly Outcome[]) => new Map(outcomes.map(outcome => [outcome.test, outcome]));
  const [realOutcomes, embeddedOutcomes] = [byTest(real), byTest(embedded)];
  const tests = new Set([...realOutcomes.keys(), ...embeddedOutcomes.keys()]);
  return [...tests].map(test => ({
    test,
    real: realOutcomes.get(test),
    embedded: embeddedOutcomes.get(test),
  }));
}

export function verdict({ test, real, embedded }: Comparison): Verdict {
  const [passesReal, passesEmbedded] = [real?.hasPassed === true, embedded?.hasPassed === true];
  if (passesReal && passesEmbedded) return real?.seen === embedded?.seen ? 'same' : 'other result';
  if (passesReal) return outOfScope.has(test) ? 'out of scope' : 'only real';
  return passesEmbedded ? 'only embedded' : 'same';
}
