import { createHash } from 'node:crypto';

/** A statement that each connection parses and plans once. */
export interface PreparedSql {
  readonly name: string;
  readonly text: string;
}

const NAME_LENGTH_CHARS = 24;

/** So many members a list may have for which a plan does that was made for a list of any length. */
export const KEPT_PLAN_LIST_MAX = 64;

/**
 * A statement that is worth preparing: one that is run for every report or request. PostgreSQL took two thirds of what a
 * report cost it for parsing and planning. By itself, and in transactions that keep their plans, it runs on connections that
 * plan it once, for any parameters and by indexes; in other transactions it is parsed once. `text` is a constant of the
 * program: a connection keeps what it has prepared until it ends.
 */
export function prepared(text: string): PreparedSql {
  const name = createHash('sha256').update(text).digest('hex').slice(0, NAME_LENGTH_CHARS);
  return { name: `parapet_${name}`, text };
}
