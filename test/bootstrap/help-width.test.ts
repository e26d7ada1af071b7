import { expect, it } from 'vitest';
import { helpWidth } from '../../src/bootstrap/help-width.js';

it.each([
  [undefined, 80],
  [0, 80],
  [60, 60],
  [92, 92],
  [220, 100],
])('the help for a terminal with %s columns takes %s', (columns, width) => {
  expect(helpWidth(columns === undefined ? {} : { columns })).toBe(width);
});
