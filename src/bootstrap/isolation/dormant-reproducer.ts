import { notRunSummary } from '../../observe/run-summary.js';
import type { ReproducerHandle } from '../create-reproducer.js';

const never = <T>(): Promise<T> => new Promise(() => undefined);

/** What `createReproducer` gives in a child: it is never started there, and what a program does after the start is left to the worker. */
export function dormantReproducer(name: string): ReproducerHandle {
  return {
    start: never,
    stop: never,
    state: 'created',
    summary: () => notRunSummary(name, 0),
    on: () => () => undefined,
    ended: never(),
  };
}
