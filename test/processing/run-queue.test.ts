import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunQueue, type QueueEntry } from '../../src/processing/run-queue.js';

const entry = (sequence: number, lane?: string, path = `f${sequence}`): QueueEntry => ({
  sequence,
  lane,
  path,
});

describe('RunQueue', () => {
  it('gives entries in order of arrival', () => {
    const queue = new RunQueue<QueueEntry>();
    for (const sequence of [0, 1, 2]) queue.add(entry(sequence));
    expect(
      [queue.takeNext(), queue.takeNext(), queue.takeNext(), queue.takeNext()].map(e => e?.sequence),
    ).toEqual([0, 1, 2, undefined]);
  });

  it('passes an entry whose lane is busy, which keeps its place', () => {
    const queue = new RunQueue<QueueEntry>();
    const [a1, a2, b] = [entry(0, 'a'), entry(1, 'a'), entry(2, 'b')];
    for (const each of [a1, a2, b]) queue.add(each);
    expect(queue.takeNext()).toBe(a1);
    expect(queue.takeNext()).toBe(b);
    expect(queue.takeNext()).toBeUndefined();
    queue.leaveLane(a1);
    expect(queue.takeNext()).toBe(a2);
  });

  it('gives an entry that comes back its old place, and its path to nobody else meanwhile', () => {
    const queue = new RunQueue<QueueEntry>();
    const [first, newer, other] = [entry(0, undefined, 'p'), entry(1, undefined, 'p'), entry(2)];
    for (const each of [first, newer, other]) queue.add(each);
    expect(queue.takeNext()).toBe(first);
    queue.leaveLane(first);
    expect(queue.takeNext()).toBe(other);
    expect(queue.takeNext()).toBeUndefined();
    queue.add(first);
    expect(queue.waiting).toEqual([first, newer]);
    expect(queue.takeNext()).toBe(first);
    queue.finish(first);
    expect(queue.takeNext()).toBe(newer);
  });

  it('forgets a waiting entry that is finished, without freeing what others hold', () => {
    const queue = new RunQueue<QueueEntry>();
    const [first, second, third] = [0, 1, 2].map(sequence => entry(sequence, 'lane', 'p')) as [
      QueueEntry,
      QueueEntry,
      QueueEntry,
    ];
    for (const each of [first, second, third]) queue.add(each);
    queue.takeNext();
    queue.finish(second);
    expect(queue.takeNext()).toBeUndefined();
    queue.leaveLane(first);
    queue.finish(first);
    expect(queue.takeNext()).toBe(third);
  });

  it('always gives the earliest entry that may start', () => {
    const lane = fc.option(fc.constantFrom('a', 'b'), { nil: undefined });
    const step = fc.oneof(
      fc.record({ kind: fc.constant('add' as const), lane, path: fc.constantFrom('p', 'q', 'r', 's') }),
      fc.record({ kind: fc.constant('take' as const) }),
      fc.record({ kind: fc.constant('end' as const), which: fc.nat(20), again: fc.boolean() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const queue = new RunQueue<QueueEntry>();
        let waiting: QueueEntry[] = [];
        const running: QueueEntry[] = [];
        const open: QueueEntry[] = [];
        let sequence = 0;
        for (const each of steps) {
          if (each.kind === 'add') {
            const added = entry(sequence++, each.lane, each.path);
            queue.add(added);
            waiting.push(added);
          } else if (each.kind === 'take') {
            const expected = waiting
              .sort((one, other) => one.sequence - other.sequence)
              .find(
                candidate =>
                  !running.some(other => candidate.lane !== undefined && other.lane === candidate.lane) &&
                  !open.some(other => other !== candidate && other.path === candidate.path),
              );
            expect(queue.takeNext()).toBe(expected);
            if (expected === undefined) continue;
            waiting = waiting.filter(other => other !== expected);
            running.push(expected);
            if (!open.includes(expected)) open.push(expected);
          } else if (running.length > 0) {
            const ended = running.splice(each.which % running.length, 1)[0]!;
            queue.leaveLane(ended);
            if (each.again) {
              queue.add(ended);
              waiting.push(ended);
            } else {
              queue.finish(ended);
              open.splice(open.indexOf(ended), 1);
            }
          }
        }
      }),
    );
  });
});
