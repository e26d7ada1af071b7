import { expect, it } from 'vitest';
import { environmentName, flagPattern, kebabCase } from '../../src/definition/flag-names.js';

it.each([
  ['minimumHeight', 'minimum-height'],
  ['apiURL', 'api-url'],
  ['URLPath', 'url-path'],
  ['x2Theta', 'x2-theta'],
  ['snake_case', 'snake-case'],
  ['_private$', 'private'],
  ['a', 'a'],
])('the flag of %s is --%s', (property, flag) => {
  expect(kebabCase(property)).toBe(flag);
  expect(flagPattern.test(flag)).toBe(true);
});

it.each(['', '5x', 'größe', 'a--b', '-a', 'a-', 'A'])('%j is no flag', text => {
  expect(flagPattern.test(text)).toBe(false);
});

it('the variable of a flag has a prefix of its own', () => {
  expect(environmentName('minimum-height')).toBe('REPRODUCER_MINIMUM_HEIGHT');
});
