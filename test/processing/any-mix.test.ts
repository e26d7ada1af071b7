import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NonRetriableError } from '../../src/errors.js';
import type { DiscardReason, FileOutcome } from '../../src/processing/file-work.js';
import { fileReady, harness } from './fixtures.js';

const call = fc.record({
  takesMs: fc.nat(400),
  ends: fc.constantFrom('value', 'rows', 'skip', 'null', 'bad', 'throw', 'hopeless', 'never'),
  heedsSignal: fc.boolean(),
  usesLock: fc.boolean(),
});
const file = fc.record({
  atMs: fc.nat(500),
  path: fc.constantFrom<string[]>('a/1', 'a/2', 'b/1', 'b/2', 'c/1', 'c/2'),
  calls: fc.array(call, { minLength: 1, maxLength: 3 }),
});
const take = fc.record({
  atMs: fc.nat(2000),
  what: fc.constantFrom('some', 'queued', 'all'),
  which: fc.array(fc.nat(12), { maxLength: 4 }),
  reason: fc.constantFrom<DiscardReason>('stopped', 'partition-lost'),
});
const world = fc.record({
  files: fc.array(file, { maxLength: 12 }),
  takes: fc.array(take, { maxLength: 3 }),
  exclusive: fc.constantFrom('no' as const, 'class' as const, 'key' as const),
  concurrency: fc.integer({ min: 1, max: 4 }),
  attempts: fc.integer({ min: 1, max: 3 }),
  // Above the longest call, below it, and none.
  timeoutMs: fc.constantFrom(1000, 150, undefined),
});
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never;
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

/** Calls that run; a call counts until its file's grace is over. */
class Watch {
  readonly running = new Map<number, { readonly path: string; readonly key: string }>();
  most = 0;
  readonly overlaps: string[] = [];

  begin(workId: number, path: string, key: string, exclusive: World['exclusive']): void {
    for (const [other, call] of this.running) {
      if (call.path === path) this.overlaps.push(`files ${other} and ${workId} of ${path}`);
      if (exclusive === 'class' || (exclusive === 'key' && call.key === key))
        this.overlaps.push(`files ${other} and ${workId} of key ${key}`);
    }
    this.running.set(workId, { path, key });
    this.most = Math.max(this.most, this.running.size);
  }
}

/** The call of an attempt. Without a time limit nothing would end one that never ends by itself. */
function callOf({ timeoutMs }: World, calls: readonly Call[], attempt: number): Call {
  const planned = calls[Math.min(attempt, calls.length) - 1]!;
  return planned.ends === 'never' && timeoutMs === undefined ? { ...planned, ends: 'value' } : planned;
}

const messageCounts: Partial<Record<Call['ends'], number>> = { value: 1, rows: 2, skip: 0 };

function isPossible(outcome: FileOutcome, world: World, { takesMs, ends: last }: Call): boolean {
  if (outcome.kind === 'discarded') return world.takes.length > 0;
  if (outcome.kind === 'done')
    return takesMs < (world.timeoutMs ?? Infinity) && outcome.messages.length === messageCounts[last];
  switch (outcome.reason) {
    case 'returned-nothing':
      return last === 'null';
    case 'bad-result':
      return last === 'bad';
    case 'threw':
      return last === 'throw' || last === 'hopeless';
    case 'crashed':
      return false;
    case 'timed-out':
      return world.timeoutMs !== undefined;
  }
}

async function runWorld(world: World) {
  const { files, takes, exclusive, concurrency, attempts, timeoutMs } = world;
  const watch = new Watch();
  const lockHolders = new Set<number>();
  const started: number[] = [];
  const run = harness(
    async ({ path, subdirectory }, { signal, attempt, skip, lock, resultId }) => {
      const workId = Number(resultId.slice(2));
      const { calls } = files[workId]!;
      const { takesMs, ends, heedsSignal, usesLock } = callOf(world, calls, attempt);
      watch.begin(workId, path, subdirectory, exclusive);
      if (attempt === 1) started.push(workId);
      const work = async () => {
        const slept = run.clock.sleep(ends === 'never' ? 1e9 : takesMs);
        if (!heedsSignal) return slept;
        const aborted = new Promise((_, reject) => {
          // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the reason is an Error
          signal.addEventListener('abort', () => reject(signal.reason));
        });
        return Promise.race([slept, aborted]);
      };
      try {
        if (usesLock && exclusive !== 'class' && ends !== 'never') {
          await lock.runExclusive(async () => {
            expect(lockHolders.size).toBe(0);
            lockHolders.add(workId);
            await work().finally(() => lockHolders.delete(workId));
          });
        } else await work();
      } finally {
        watch.running.delete(workId);
      }
      switch (ends) {
        case 'rows':
          return ['a', 'b'];
        case 'skip':
          return skip('no peaks');
        case 'null':
          return null;
        case 'bad':
          return 1n;
        case 'throw':
          throw new Error('again');
        case 'hopeless':
          throw new NonRetriableError('hopeless');
        default:
          return 'x';
      }
    },
    {
      processor: exclusive === 'no' ? {} : { exclusive: exclusive === 'class' ? true : f => f.subdirectory },
      worker: { concurrency, attempts, backoffMs: 100, ...(timeoutMs === undefined ? {} : { timeoutMs }) },
      // An abandoned call runs on, but no longer counts.
      onSettled: ({ workId }) => watch.running.delete(workId),
    },
  );
  const { processing, clock, settled } = run;
  files.forEach(({ atMs, path }, workId) =>
    clock.after(atMs, () => processing.submit(fileReady(workId, path, String(workId)))),
  );
  for (const { atMs, what, which, reason } of takes)
    clock.after(atMs, () => {
      if (what === 'some') processing.discard(which, reason);
      else if (what === 'queued') processing.discardQueued();
      else processing.discardAll(reason);
    });
  await clock.advance(2000);
  // Longer than every limit, grace and backoff together; what never ends has been abandoned by then.
  await clock.advance(600_000);
  await processing.drain();
  return { settled, watch, started, errors: run.errors() };
}

describe('any mix of outcomes, times, limits and discards', () => {
  it('settles each file once, with what its last call did, and keeps concurrency and exclusiveness', async () => {
    await fc.assert(
      fc.asyncProperty(world, async world => {
        const { settled, watch } = await runWorld(world);
        expect(settled.map(({ workId }) => workId).sort((a, b) => a - b)).toEqual([...world.files.keys()]);
        for (const { workId, outcome, attempts, processingMs } of settled) {
          const last = callOf(world, world.files[workId]!.calls, Math.max(attempts, 1));
          expect(isPossible(outcome, world, last), JSON.stringify({ workId, outcome, attempts })).toBe(true);
          expect(attempts).toBeLessThanOrEqual(world.attempts);
          expect(processingMs).toBeGreaterThanOrEqual(0);
        }
        expect(watch.overlaps).toEqual([]);
        expect(watch.most).toBeLessThanOrEqual(world.concurrency);
      }),
      { numRuns: 150 },
    );
  });

  it('starts files of different paths in order of submission where nothing is exclusive', async () => {
    await fc.assert(
      fc.asyncProperty(world, async world => {
        const files = world.files.map((each, index) => ({ ...each, path: `p${index}` }));
        const { started } = await runWorld({ ...world, files, exclusive: 'no', attempts: 1, takes: [] });
        const submitted = [...files.keys()].sort((a, b) => files[a]!.atMs - files[b]!.atMs || a - b);
        expect(started).toEqual(submitted);
      }),
      { numRuns: 60 },
    );
  });
});
