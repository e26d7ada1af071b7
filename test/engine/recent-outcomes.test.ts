import { describe, expect, it } from 'vitest';
import { RecentOutcomes } from '../../src/engine/recent-outcomes.js';

const onPartition0 = (id: string) => ({ id, partitions: [0] });

describe('outcomes of versions whose partition is read again from the committed offset', () => {
  it('are forgotten when no commit covers them', () => {
    const outcomes = new RecentOutcomes(10);
    outcomes.add(onPartition0('committed'), 'done');
    outcomes.markCommitted(outcomes.count);
    outcomes.add(onPartition0('ended'), 'done');
    outcomes.add({ id: 'elsewhere', partitions: [1] }, 'done');
    outcomes.forgetUncommitted(new Set([0]));
    expect(['committed', 'ended', 'elsewhere'].map(id => outcomes.get(id))).toEqual([
      'done',
      undefined,
      'done',
    ]);
  });

  it.each(['keep', 'load'] as const)('stay when the state topic calls them done (%s)', how => {
    const outcomes = new RecentOutcomes(10);
    outcomes.add(onPartition0('a'), 'done');
    outcomes[how]('a');
    outcomes.forgetUncommitted(new Set([0]));
    expect(outcomes.get('a')).toBe('done');
    expect(outcomes.uncommitted).toEqual([]);
  });

  it('are forgotten when they ended again since the state topic said so', () => {
    const outcomes = new RecentOutcomes(10);
    outcomes.load('a');
    outcomes.add(onPartition0('a'), 'failed');
    outcomes.forgetUncommitted(new Set([0]));
    expect(outcomes.get('a')).toBeUndefined();
  });

  it('takes the oldest off the topic list with it', () => {
    const outcomes = new RecentOutcomes(1);
    outcomes.load('old');
    outcomes.add(onPartition0('new'), 'done');
    outcomes.add(onPartition0('old'), 'done');
    outcomes.forgetUncommitted(new Set([0]));
    expect(outcomes.get('old')).toBeUndefined();
  });
});
