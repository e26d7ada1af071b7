import { ContentClient } from '../../processing/content/content-client.js';
import { FairLock } from '../../processing/fair-lock.js';
import { classModule } from '../isolation/class-module.js';
import { openChildren } from '../isolation/open-children.js';
import type { PreparedRun } from '../prepare-run.js';
import { pointsOrProblem, type CheckPoint } from './check-point.js';

const subject = 'isolation';

/**
 * Starts the thread or process that would call the method, and sees whether it finds the class, can make an instance and takes its
 * options. It does no more: neither `onStart` nor the method is called, and it is ended then.
 *
 * @returns nothing where the method runs in the worker's own thread
 */
export async function checkIsolation(run: PreparedRun): Promise<CheckPoint[]> {
  const { configuration, classSource, definition } = run;
  const { isolation = 'none' } = configuration.options;
  if (isolation === 'none' || classSource === undefined) return [];
  return pointsOrProblem(subject, async () => {
    const lock = new FairLock(definition.name);
    // No call reads any.
    const contents = new ContentClient(() => undefined);
    const children = openChildren(run, classSource, isolation, { lock, contents }, 'check');
    try {
      await children.open(new AbortController().signal);
    } finally {
      children.kill();
    }
    const text = `a ${isolation} of its own finds ${classSource.className} in ${classModule(classSource)}`;
    return [{ status: 'ok', subject, text }];
  });
}
