import { describe, expect, it } from 'vitest';
import { KEPT_PLANS_CONNECTIONS_MAX } from '../../src/store/database.ts';
import { prepared } from '../../src/store/prepared-sql.ts';
import { testDatabase } from '../database.ts';

const { database } = await testDatabase('empty');

describe('a prepared statement whose table has changed since', () => {
  const read = prepared('SELECT a FROM changing');
  const connections = KEPT_PLANS_CONNECTIONS_MAX;

  /** Has every connection that keeps plans prepare it. */
  async function prepareEverywhere(): Promise<void> {
    const all = Promise.withResolvers<void>();
    let ready = 0;
    const transactions = Array.from({ length: connections }, () =>
      database.transaction(
        async (tx) => {
          await tx.query(read);
          ready += 1;
          if (ready === connections) all.resolve();
          await all.promise;
        },
        { keepsPlans: true },
      ),
    );
    await Promise.all(transactions);
  }

  it('is run again by itself and in transactions, on every connection, with what the table is now', async () => {
    await database.query('CREATE TABLE changing (a integer); INSERT INTO changing VALUES (1)');
    await prepareEverywhere();
    await database.query('ALTER TABLE changing ALTER a TYPE text');
    expect(await database.query(read)).toEqual([{ a: '1' }]);
    await prepareEverywhere();
    await database.query('ALTER TABLE changing ALTER a TYPE bigint USING a::bigint');
    await prepareEverywhere();
    expect(await database.query(read)).toEqual([{ a: 1 }]);
    await database.query('ALTER TABLE changing ALTER a TYPE text');
    expect(await database.execute(read)).toBe(1);
    await database.query('DROP TABLE changing');
  });

  it('fails with what is wrong where the table is no longer fit for it', async () => {
    await database.query('CREATE TABLE changing (a integer)');
    await prepareEverywhere();
    await database.query('ALTER TABLE changing DROP a');
    await expect(database.query(read)).rejects.toMatchObject({ code: '42703' });
    await database.query('DROP TABLE changing');
  });
});
