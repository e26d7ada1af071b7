import { judgePlan, type Violation } from './find-violation.js';
import type { Plan } from './plan.js';

/** More runs than this are not worth it. */
const mostRuns = 2_000;

/** Takes away from a plan whatever it does not need to violate something. */
export async function shrink(found: Violation): Promise<Violation> {
  let smallest = found;
  let runCount = 0;
  for (let wasSmaller = true; wasSmaller;) {
    wasSmaller = false;
    for (const plan of smaller(smallest.history.plan)) {
      if ((runCount += 1) > mostRuns) return smallest;
      const judged = await judgePlan(plan);
      if (judged.violations.length === 0) continue;
      smallest = judged;
      wasSmaller = true;
      break;
    }
  }
  return smallest;
}

/** Plans with one thing less. */
function* smaller(plan: Plan): Generator<Plan> {
  for (const at of plan.accidents.keys()) yield { ...plan, accidents: plan.accidents.toSpliced(at, 1) };
  for (const at of plan.uploads.keys()) yield { ...plan, uploads: plan.uploads.toSpliced(at, 1) };
  for (const [at, upload] of plan.uploads.entries()) {
    const { missing, missingComesMs, ...whole } = upload;
    const { extras } = upload;
    if (missing !== undefined) yield { ...plan, uploads: plan.uploads.with(at, whole) };
    if (missing !== undefined && missingComesMs !== undefined)
      yield { ...plan, uploads: plan.uploads.with(at, { ...whole, missing }) };
    for (const extra of extras.keys())
      yield { ...plan, uploads: plan.uploads.with(at, { ...upload, extras: extras.toSpliced(extra, 1) }) };
  }
  const { incompleteAfterMs, ...withoutState } = plan;
  if (incompleteAfterMs !== undefined) yield withoutState;
  if (plan.garbageCount > 0) yield { ...plan, garbageCount: 0 };
  if (plan.workerCount > 1) yield { ...plan, workerCount: plan.workerCount - 1 };
  if (plan.concurrency > 1) yield { ...plan, concurrency: 1 };
  if (plan.partitionCount > 1) yield { ...plan, partitionCount: plan.partitionCount - 1 };
}
