import { appError, isAppError } from '../errors.ts';

/**
 * Runs a check that the API shares, of a word that was given to a command: what the API calls a wrong parameter is wrong
 * usage here (`option-invalid`).
 */
export function checkedWord(check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!isAppError(error, 'parameter-invalid')) throw error;
    const { name, problem } = error.fields;
    throw appError('option-invalid', { name: String(name), problem: String(problem) }, error);
  }
}
