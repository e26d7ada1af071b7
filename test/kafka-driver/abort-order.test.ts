import { expect, test } from 'vitest';
import { deferred } from '../deferred.js';
import { change, closeAfterEach, startMember } from './two-brokers.js';
import { waitUntil } from './wait-until.js';

closeAfterEach();

/** More than a batch may have. */
const tooLarge = 'x'.repeat(2_000_000);

/** Writes down how transactions are ended, from now on. */
function watchEnds(): string[] {
  const ends: string[] = [];
  change('EndTxn', (made, { transactionResult }) => {
    ends.push(transactionResult === true ? 'commit' : 'abort');
    return made;
  });
  change('InitProducerId', made => {
    ends.push('initialise');
    return made;
  });
  return ends;
}

/** Keeps records for partition 1 on their way until the returned function is called. */
function holdRecords(): { readonly isHeld: Promise<void>; readonly release: () => void } {
  const [held, released] = [deferred(), deferred()];
  change('Produce', (made, { topicData }) => {
    const isForOther = topicData.some(({ partitions }) =>
      partitions.some(({ partition }) => partition === 1),
    );
    if (!isForOther) return made;
    const encode = async () => {
      held.resolve();
      await released.promise;
      return made.request.encode();
    };
    return { ...made, request: { ...made.request, encode } };
  });
  return { isHeld: held.promise, release: () => released.resolve() };
}

test('a transaction is aborted at once when the only answer refuses it', async () => {
  const { commit, committed } = await startMember();
  expect(await commit(['before'])).toBe('committed');
  const ends = watchEnds();
  await expect(commit([tooLarge])).rejects.toMatchObject({ retriable: false });
  await waitUntil(() => ends.length > 0);
  expect(ends).toEqual(['abort']);
  expect(await commit(['behind'])).toBe('committed');
  expect([...new Set(ends)]).toEqual(['abort', 'initialise', 'commit']);
  expect(await committed()).toEqual(['before', 'behind']);
});

test('no abort overtakes records that are on their way to another broker: the producer is initialised instead', async () => {
  const { commit, committed } = await startMember();
  expect(await commit(['before'])).toBe('committed');
  const ends = watchEnds();
  const { release } = holdRecords();
  await expect(commit([tooLarge, 'late'])).rejects.toMatchObject({ retriable: false });
  // Not only with the next transaction: until then others would wait for this one.
  await waitUntil(() => ends.length > 0);
  expect([...new Set(ends)]).toEqual(['initialise']);
  release();
  expect(await commit(['behind'])).toBe('committed');
  // Once more where the transaction is still being ended.
  expect([...new Set(ends)]).toEqual(['initialise', 'commit']);
  expect(await committed()).toEqual(['before', 'behind']);
});

test('nor when a member stops while its records are on their way', async () => {
  const { driver, member, commit } = await startMember();
  expect(await commit(['before'])).toBe('committed');
  const ends = watchEnds();
  const { isHeld, release } = holdRecords();
  commit(['first', 'late']).catch(() => undefined);
  await isHeld;
  await member.port.stop(0);
  // Takes more round trips than an abort would.
  await (await driver.admin()).close();
  expect(ends).toEqual([]);
  release();
});
