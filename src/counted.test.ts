import { expect, it } from 'vitest';
import { counted } from './counted.ts';

it('a number stands with its noun, in one of two forms', () => {
  expect([0, 1, 2].map((count) => counted(count, 'package'))).toEqual([
    '0 packages',
    '1 package',
    '2 packages',
  ]);
  expect([1, 3].map((count) => counted(count, 'server holds', 'servers hold'))).toEqual([
    '1 server holds',
    '3 servers hold',
  ]);
});
