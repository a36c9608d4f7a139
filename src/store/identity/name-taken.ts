import { appError } from '../../errors.ts';
import { sqlStateOf } from '../database-errors.ts';

const UNIQUE_VIOLATION = '23505';

/** Runs an insert; a name or id that is taken comes out as `identity-exists`. */
export async function orNameTaken<T>(
  thing: { readonly kind: string; readonly name: string },
  insert: () => Promise<T>,
): Promise<T> {
  try {
    return await insert();
  } catch (error) {
    if (sqlStateOf(error) === UNIQUE_VIOLATION) throw appError('identity-exists', thing, error);
    throw error;
  }
}
