import v8 from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isSmallBudget } from '../engine/small-budget.js';

const checkIntervalMs = 50;
/** V8 itself lets 32 MiB come together. */
const mostNewBytes = 4 * 1024 * 1024;

type CollectGarbage = (options: { readonly type: 'minor' }) => void;

/**
 * Collects the buffers of this thread that died young before tens of megabytes of them have come together: what a method has read of
 * `file.stream()`, for one. Only for a small `--memory-budget`, where they would be most of the memory. V8's own limit depends on the
 * size of the young generation, which a program cannot set for its main thread.
 *
 * @returns ends it
 */
export function collectYoungBuffers(memoryBudgetBytes: number): () => void {
  if (!isSmallBudget(memoryBudgetBytes)) return () => {};
  v8.setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as CollectGarbage;
  // `arrayBuffers` leaves out what another thread has handed over, as the engine does with what is read of files.
  const bytesNow = (): number => process.memoryUsage().external;
  // What was left by the last collection, whoever's it was: also those that come slowly come together.
  let livingBytes = bytesNow();
  const timer = setInterval(() => {
    livingBytes = Math.min(livingBytes, bytesNow());
    if (bytesNow() - livingBytes <= mostNewBytes) return;
    collect({ type: 'minor' });
    livingBytes = bytesNow();
  }, checkIntervalMs).unref();
  return () => clearInterval(timer);
}
