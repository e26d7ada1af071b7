import { expect, it } from 'vitest';
import { fuzzDispatch } from './fuzz-dispatch.js';
import { RequestMaker } from './request-maker.js';

it('damaged requests are answered, closed or found malformed', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  let rounds = 0;
  const result = await fuzzDispatch(seed, () => rounds++ < 5);
  expect(result, `seed ${seed}`).toMatchObject({ kind: 'passed', requestCount: 10_000 });
  // Requests that are all malformed at their first field would prove nothing.
  expect(result.kind === 'passed' && result.answeredCount).toBeGreaterThan(100);
});

it('a seed makes the same requests again', () => {
  const [first, second, other] = [new RequestMaker(5), new RequestMaker(5), new RequestMaker(6)];
  const take = (maker: RequestMaker) => Array.from({ length: 50 }, () => maker.next().toString('hex'));
  const requests = take(first);
  expect(take(second)).toEqual(requests);
  expect(take(other)).not.toEqual(requests);
});
