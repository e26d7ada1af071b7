import { judge } from './checker/judge.js';
import { makePlan, type Plan } from './plan.js';
import { runHistory, type History } from './run-history.js';

export interface Violation {
  readonly history: History;
  /** One sentence each. */
  readonly violations: readonly string[];
}

export async function judgePlan(plan: Plan): Promise<Violation> {
  const history = await runHistory(plan);
  return { history, violations: judge(history.truth, history.facts, plan) };
}

/**
 * Runs histories one after another, one seed each.
 *
 * @param onHistory called after each one, also the last
 * @param change makes another plan of what the seed says
 * @returns the first one with a violation
 */
export async function findViolation(
  firstSeed: number,
  count: number,
  onHistory: (history: History) => void = () => undefined,
  change: (plan: Plan) => Plan = plan => plan,
): Promise<Violation | undefined> {
  for (let at = 0; at < count; at += 1) {
    const judged = await judgePlan(change(makePlan(firstSeed + at)));
    onHistory(judged.history);
    if (judged.violations.length > 0) return judged;
  }
  return undefined;
}
