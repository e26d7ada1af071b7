import { expect, it } from 'vitest';
import { countDeath, takeOff } from '../../../src/engine/crash-guard/counted-deaths.js';
import type { AnnouncedCall } from '../../../src/wire/run-records.js';

const at = '2026-01-01T00:00:00.000Z';
const call: AnnouncedCall = {
  ...{ versionId: '0123456789abcdef', path: 'a', partitions: [0], at },
  ...{ deaths: 0, deathsAlone: 0, countedRuns: [], isAlone: true },
};

function calledBy(runId: string, before = call): AnnouncedCall {
  return countDeath({ ...before, runId });
}

it('counts a run once, however often its record comes', () => {
  const once = calledBy('a');
  expect(once).toMatchObject({ deaths: 1, deathsAlone: 1, countedRuns: [{ runId: 'a', isAlone: true }] });
  expect(calledBy('a', once)).toEqual(once);
  expect(once).not.toHaveProperty('runId');
});

it('takes the runs off that live, and not those that are not known', () => {
  // Two deaths, one of them alone, that an earlier release counted.
  const before = { ...call, deaths: 2, deathsAlone: 1 };
  const three = calledBy('b', calledBy('a', before));
  expect(three).toMatchObject({ deaths: 4, deathsAlone: 3 });
  expect(takeOff(three, () => true)).toEqual(before);
  expect(takeOff(three, runId => runId === 'a')).toMatchObject({
    deaths: 3,
    deathsAlone: 2,
    countedRuns: [{ runId: 'b', isAlone: true }],
  });
  expect(takeOff(three, () => false)).toBe(three);
});

it('knows the latest twenty runs, and how many there were', () => {
  let counted = call;
  for (let run = 1; run <= 500; run += 1) counted = calledBy(`run-${run}`, counted);
  expect(counted.deaths).toBe(500);
  expect(counted.countedRuns.map(({ runId }) => runId)).toEqual(
    Array.from({ length: 20 }, (_, place) => `run-${481 + place}`),
  );
  expect(takeOff(counted, () => true)).toMatchObject({ deaths: 480, deathsAlone: 480, countedRuns: [] });
});
