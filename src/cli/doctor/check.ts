/** What `parapet doctor` finds of one thing: how it is, and what to do about it. */

/** `warning`: works, but somebody should look. `wrong`: something does not work, or answers are not what they seem. */
export type CheckStatus = 'ok' | 'warning' | 'wrong';

export interface Check {
  /** What was looked at: `free disk`. */
  readonly check: string;
  readonly status: CheckStatus;
  /** One sentence: how it is. */
  readonly finding: string;
  /** One sentence: what to do; empty where nothing is to be done. */
  readonly advice: string;
}

export function ok(check: string, finding: string): Check {
  return { check, status: 'ok', finding, advice: '' };
}

export function warning(check: string, finding: string, advice: string): Check {
  return { check, status: 'warning', finding, advice };
}

export function wrong(check: string, finding: string, advice: string): Check {
  return { check, status: 'wrong', finding, advice };
}

/** Says a failure as a check; the sentences of the catalogue carry their own advice. */
export function failed(check: string, error: unknown): Check {
  return wrong(check, error instanceof Error ? error.message : String(error), '');
}
