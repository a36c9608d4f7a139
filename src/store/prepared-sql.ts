import { createHash } from 'node:crypto';

/** A statement that each connection parses and plans once. */
export interface PreparedSql {
  readonly name: string;
  readonly text: string;
}

const NAME_LENGTH_CHARS = 24;

/**
 * A statement that is worth preparing: one that is run for every report or request. PostgreSQL took two thirds of what a
 * report cost it for parsing and planning. Planned once it is where its transaction `keepsPlans`; elsewhere PostgreSQL plans
 * it for each use that it believes to be cheaper than most, which those are. `text` is a constant of the program: a connection
 * keeps what it has prepared until it ends.
 */
export function prepared(text: string): PreparedSql {
  const name = createHash('sha256').update(text).digest('hex').slice(0, NAME_LENGTH_CHARS);
  return { name: `parapet_${name}`, text };
}
