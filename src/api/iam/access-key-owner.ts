import { appError } from '../../errors.ts';
import type { Caller } from '../../identity/rights.ts';

/**
 * Whose access keys a request is about: the caller's own. Those of other users are in the hands of the command line, so
 * that a stolen administrator's token does not make keys in every user's name.
 */
export function accessKeyOwner(caller: Caller, userId: string | undefined): string {
  if (userId !== undefined && userId !== caller.userId) {
    throw appError('scope-forbidden', { scope: 'the access keys of this user' });
  }
  return caller.userId;
}
