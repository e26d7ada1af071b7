import v8 from 'node:v8';
import { isSmallBudget } from '../engine/small-budget.js';

/**
 * V8 starts a full collection when a heap and the buffers outside of it have grown by 16 MB or so since the last one: each
 * three files of 5 MiB, in both threads. Such a collection marks all that lives, and frees next to nothing, since buffers die young.
 * At 200 x 5 MiB this took 40 % of the CPU time.
 */
const smallHeapPercent = 600;
/** Above this a heap decides for itself again: seven times of much is too much. */
const smallHeapBytes = 64 * 1024 * 1024;
const checkIntervalMs = 1_000;

/**
 * Lets the heaps of this process grow to seven times what lived in them before the next full collection, as long as the main
 * thread's is small. A setting of the whole process, so it is for programs of our own, not for libraries in those of others.
 * It stands back for a `--heap-growing-percent` of the command line, and for a small `--memory-budget`.
 *
 * @returns puts V8's own behaviour back.
 */
export function letSmallHeapsGrow(memoryBudgetBytes: number): () => void {
  if (isSmallBudget(memoryBudgetBytes)) return () => {};
  if (process.execArgv.some(argument => /^--heap[-_]growing[-_]percent\b/.test(argument))) return () => {};
  let percent = 0;
  const set = (wanted: number) => {
    if (percent !== wanted) v8.setFlagsFromString(`--heap-growing-percent=${String(wanted)}`);
    percent = wanted;
  };
  const decide = () => {
    set(v8.getHeapStatistics().used_heap_size < smallHeapBytes ? smallHeapPercent : 0);
  };
  decide();
  const timer = setInterval(decide, checkIntervalMs).unref();
  return () => {
    clearInterval(timer);
    set(0);
  };
}
