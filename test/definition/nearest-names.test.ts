import { describe, expect, it } from 'vitest';
import { nearestNames, suggestion } from '../../src/definition/nearest-names.js';

const names = ['limit', 'brokers', 'concurrency', 'consume-topic', 'produce-topic'];

describe('the nearest names', () => {
  it.each([
    ['concurency', ['concurrency']],
    ['conusme-topic', ['consume-topic']],
    ['Consume_Topic', ['consume-topic']],
    ['brokres', ['brokers']],
    ['wat', []],
    ['entirely-different', []],
  ])('of %s are %j', (typed, expected) => {
    expect(nearestNames(typed, names)).toEqual(expected);
  });

  it('are all that are equally near', () => {
    expect(nearestNames('ab', ['ac', 'ad', 'xyz'])).toEqual(['ac', 'ad']);
  });

  it('are at most three', () => {
    expect(nearestNames('ab', ['ac', 'ad', 'ae', 'af'])).toHaveLength(3);
  });

  it('are written with the prefix, which does not make them nearer', () => {
    expect(suggestion('--limt', names, '--')).toBe('; did you mean --limit?');
    expect(suggestion('--x', names, '--')).toBe('');
  });
});
