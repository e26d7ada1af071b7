import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../src/config/values/parse-duration.js';
import { durationText } from '../src/duration-text.js';

describe('the text of a duration', () => {
  it('is read as the same duration', () => {
    fc.assert(
      fc.property(fc.nat(10_000_000_000), ms => {
        expect(parseDuration(durationText(ms))).toBe(ms);
      }),
    );
  });

  it.each([
    [0, '0s'],
    [250.4, '250ms'],
    [1500, '1500ms'],
    [90_000, '90s'],
    [900_000, '15m'],
    [86_400_000, '24h'],
  ])('of %d milliseconds is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });
});
