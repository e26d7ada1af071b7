import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { CrashGuard } from '../../../src/engine/crash-guard/crash-guard.js';
import { RecentOutcomes } from '../../../src/engine/recent-outcomes.js';
import { loneFile } from '../../../src/engine/replay/lone-file.js';
import { GuardedRun, GuardedWorld, ownTopics, type GuardedRunOptions } from './guarded-runs.js';

const mostRuns = 60;
let world: GuardedWorld;

beforeEach(() => {
  world = new GuardedWorld();
});

const kills = (path: string): boolean => path.startsWith('kills');
const inOrder = (): number => 0;

function start(paths: readonly string[], rest: Partial<GuardedRunOptions> = {}): GuardedRun {
  const open = paths.filter(path => !world.outcomes.has(path));
  return new GuardedRun({ world, paths: open, concurrency: 1, kills, choose: inOrder, ...rest });
}

/** As a service manager does. @returns how often it was started */
function runUntilItLives(paths: readonly string[], rest: Partial<GuardedRunOptions> = {}): number {
  for (let count = 1; count <= mostRuns; count += 1) {
    const run = start(paths, rest);
    if (!run.run()) continue;
    run.close();
    return count;
  }
  throw new Error(`still dying after ${mostRuns} runs`);
}

it('gives a file up that its process died of three times', () => {
  expect(runUntilItLives(['a', 'kills', 'b'])).toBe(4);
  expect(world.calls.filter(kills)).toHaveLength(3);
  expect([...world.outcomes]).toEqual(
    expect.arrayContaining([
      ['a', 'done'],
      ['b', 'done'],
      ['kills', 'crashed'],
    ]),
  );
});

it('writes one record when it starts, one when it ends, and none for a file', () => {
  const run = start(['a', 'b', 'c', 'd']);
  run.run();
  run.close();
  expect(run.notes).toHaveLength(1);
  expect(world.log.map(({ key, value }) => [key, value === null])).toEqual([
    ['/reading/own/raw/0', false],
    ['/reading/own/raw/0', true],
  ]);
  const next = start(['e']);
  next.run();
  expect(next.notes).toHaveLength(1);
});

it('calls nothing before its record is on the topic', () => {
  const run = start(['kills'], { choose: count => count - 1 });
  run.run();
  expect(world.runRecords).toEqual([
    expect.objectContaining({
      kind: 'reader',
      reader: expect.objectContaining({ runId: 'run-1' }) as object,
    }),
  ]);
});

it('takes a partition that a living member gave away for no death', () => {
  start(['kills']).run();
  const run = start(['a', 'b'], { otherRuns: ['run-1'] });
  run.run();
  expect(run.notes).toHaveLength(1);
  expect(run.reports).not.toContainEqual(expect.objectContaining({ kind: 'run-died' }));
});

/** @returns which runs are counted against the file, as the state topic has it */
function countedRuns(path: string): string[] {
  const calls = world.runRecords.flatMap(record => (record.kind === 'call' ? (record.call ?? []) : []));
  const last = calls.findLast(call => call.path === path);
  expect(last?.deaths).toBe(last?.countedRuns.length);
  return last?.countedRuns.map(({ runId }) => runId) ?? [];
}

const freezes = (): boolean => true;
const lives = (): boolean => false;

describe('members that are frozen with a file at the method', () => {
  it('are counted as dead as long as they are not in the group', () => {
    for (let count = 0; count < 3; count += 1) start(['good'], { kills: freezes }).run();
    start(['good'], { kills: lives }).run();
    expect(world.outcomes.get('good')).toBe('crashed');
  });

  it.each(['run-1', 'run-2', 'run-3'])('are taken off when they are in the group again: %s', back => {
    for (let count = 0; count < 3; count += 1) start(['good'], { kills: freezes }).run();
    start(['good'], { kills: lives, otherRuns: [back] }).run();
    expect(world.outcomes.get('good')).toBe('done');
    expect(countedRuns('good')).toEqual(['run-1', 'run-2', 'run-3'].filter(runId => runId !== back));
  });

  it('are taken off for good: by the next run, too, that does not see them', () => {
    start(['good'], { kills: freezes }).run();
    start(['good'], { kills: freezes }).run();
    start(['good'], { kills: freezes, otherRuns: ['run-1'] }).run();
    start(['good'], { kills: lives }).run();
    expect(world.outcomes.get('good')).toBe('done');
    expect(countedRuns('good')).toEqual(['run-2', 'run-3']);
  });

  it('are taken off in a generation in which who has the file keeps it', () => {
    start(['good'], { kills: freezes }).run();
    start(['good'], { kills: freezes }).run();
    const third = start(['first', 'good'], {
      kills: path => {
        if (path === 'first') third.regroup(['run-1']);
        return path === 'good';
      },
    });
    third.run();
    expect(countedRuns('good')).toEqual(['run-2']);
    start(['good'], { kills: lives }).run();
    expect(world.outcomes.get('good')).toBe('done');
  });

  it('leave nothing behind when they were all that was counted', () => {
    start(['good'], { kills: freezes }).run();
    start(['good'], { kills: freezes }).run();
    const third = start([], { kills: lives });
    third.run();
    expect(countedRuns('good')).toEqual(['run-1', 'run-2']);
    third.regroup(['run-1', 'run-2']);
    third.run();
    expect(world.log.at(-1)).toMatchObject({
      key: expect.stringContaining('/calling/') as string,
      value: null,
    });
  });

  it('are counted when they die after all', () => {
    start(['kills'], { kills: freezes }).run();
    start(['kills'], { kills: freezes }).run();
    // It sees the first one back, which dies then.
    start(['kills'], { kills: freezes, otherRuns: ['run-1'] }).run();
    expect(runUntilItLives(['kills'])).toBe(2);
    expect(world.outcomes.get('kills')).toBe('crashed');
  });
});

it('gives nothing up before it is read what happened elsewhere', () => {
  for (let count = 0; count < 3; count += 1) start(['kills']).run();
  let awaitsOutcomes = true;
  const guard = new CrashGuard(
    { ...ownTopics, stateTopic: 'states', runId: 'later', concurrency: 1, timeOriginMs: 0 },
    { outcomes: new RecentOutcomes(10), awaitsOutcomes: () => awaitsOutcomes, emit: () => undefined },
  );
  guard.load(world.runRecords);
  guard.begin([0], undefined, 0);
  const { versionId } = world.runRecords.findLast(({ kind }) => kind === 'call') as { versionId: string };
  const file = loneFile(1, { path: 'kills', versionId, partitions: [] }, 0);
  expect(guard.judge(file, 0)).toBe('wait');
  awaitsOutcomes = false;
  expect(guard.judge(file, 0)).toBe('give-up');
});

it('calls what was called when the process died alone', () => {
  start(['kills', 'a', 'b'], { concurrency: 3, choose: count => count - 1 }).run();
  start(['kills', 'a', 'b'], { concurrency: 3 }).run();
  const suspected = world.runRecords.flatMap(record =>
    record.kind === 'call' ? (record.call?.path ?? []) : [],
  );
  expect(suspected).toContain('kills');
  const third = start(['kills', 'a', 'b'], { concurrency: 3 });
  third.run();
  expect(third.mostRunning).toBe(1);
});

it('tells which files the process may have died of', () => {
  start(['kills']).run();
  const second = start(['kills']);
  second.run();
  expect(second.reports).toContainEqual({ kind: 'run-died', suspects: [] });
  const third = start(['kills']);
  third.run();
  expect(third.reports).toContainEqual({ kind: 'run-died', suspects: ['kills'] });
});

it('does not give a file up that was called when something else ended the process, as long as others get done', () => {
  const paths = Array.from({ length: 30 }, (_, at) => `a${at}`);
  for (let count = 0; count < 40; count += 1) {
    const open = paths.filter(path => !world.outcomes.has(path));
    let left = 2;
    // From outside, while the second file is at the method.
    const run = start(open, { concurrency: 1 + (count % 3), kills: () => (left -= 1) === 0 });
    if (run.run()) run.close();
  }
  expect([...world.outcomes.values()]).toEqual(paths.map(() => 'done'));
});

it('starts anew with a file that was given up and is uploaded again', () => {
  runUntilItLives(['kills']);
  world.outcomes.clear();
  expect(runUntilItLives(['kills'], { kills: () => false })).toBe(1);
  expect(world.outcomes.get('kills')).toBe('done');
});

it('announces more files when those were not enough', () => {
  start(['kills']).run();
  const scopes = [1, 2, 3].map(() => {
    const guard = new CrashGuard(
      {
        ...ownTopics,
        stateTopic: 'states',
        runId: `later-${world.log.length}`,
        concurrency: 1,
        timeOriginMs: 0,
      },
      {
        outcomes: new RecentOutcomes(10),
        awaitsOutcomes: () => false,
        emit: command => command.kind === 'note' && world.write(command.messages),
      },
    );
    guard.load(world.runRecords);
    guard.begin([0], undefined, 0);
    for (let count = 0; ; count += 1) {
      const file = loneFile(count, { path: `a${count}`, versionId: String(count), partitions: [] }, 0);
      if (guard.judge(file, 0) === 'call') return count;
      guard.announce(file, 0);
      guard.forget(String(count));
    }
  });
  expect(scopes).toEqual([1_000, 2_000, 4_000]);
});

it('whatever runs at the same time and in whichever order: all files that kill are given up, all others are done', () => {
  const scenario = fc.record({
    killers: fc.integer({ min: 0, max: 3 }),
    others: fc.integer({ min: 0, max: 8 }),
    concurrency: fc.integer({ min: 1, max: 4 }),
    delivery: fc.constantFrom('at-least-once' as const, 'exactly-once' as const),
    choices: fc.infiniteStream(fc.nat()),
  });
  fc.assert(
    fc.property(scenario, ({ killers, others, concurrency, delivery, choices }) => {
      world = new GuardedWorld();
      const paths = [
        ...Array.from({ length: others }, (_, at) => `a${at}`),
        ...Array.from({ length: killers }, (_, at) => `kills${at}`),
      ];
      const choose = (count: number): number => choices.next().value! % count;
      const starts = runUntilItLives(paths, { concurrency, delivery, choose });
      // Of those that are called at the same time all are suspects, so one death more is needed.
      const most = concurrency === 1 ? 3 : 4;
      expect(starts).toBeLessThanOrEqual(1 + most * killers);
      for (const path of paths) {
        expect(world.outcomes.get(path)).toBe(kills(path) ? 'crashed' : 'done');
        if (kills(path)) expect(world.calls.filter(each => each === path).length).toBeLessThanOrEqual(most);
      }
    }),
    { numRuns: 40 },
  );
});
