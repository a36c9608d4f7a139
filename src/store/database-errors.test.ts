import { describe, expect, it } from 'vitest';
import { translateDatabaseError } from './database-errors.ts';

function failure(code: string): Error {
  return Object.assign(new Error('in the words of PostgreSQL'), { code });
}

describe('a failure of the database', () => {
  it.each(['57P01', '57P02', '57P03', '57P04', '57P05', '55000', '08006', '53300'])(
    'with SQLSTATE %s is the database being away: 503, to be tried again',
    (code) => {
      expect(translateDatabaseError(failure(code))).toMatchObject({
        code: 'database-unavailable',
        status: 503,
      });
    },
  );

  it.each(['23505', '42601', '22001'])('with SQLSTATE %s is ours and comes back as it is', (code) => {
    const error = failure(code);
    expect(translateDatabaseError(error)).toBe(error);
  });
});
