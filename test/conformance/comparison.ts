import { type Outcome } from './suite.js';

/** One test on both brokers; `undefined` where it did not run. */
export interface Comparison {
  readonly test: string;
  readonly real: Outcome | undefined;
  readonly embedded: Outcome | undefined;
}

/** How a test compares. `same`: passed on both and saw the same, or failed on both. */
export type Verdict = 'same' | 'other result' | 'only real' | 'only embedded';

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

export function verdict({ real, embedded }: Comparison): Verdict {
  const [passesReal, passesEmbedded] = [real?.hasPassed === true, embedded?.hasPassed === true];
  if (passesReal && passesEmbedded) return real?.seen === embedded?.seen ? 'same' : 'other result';
  if (passesReal) return 'only real';
  return passesEmbedded ? 'only embedded' : 'same';
}
