/** The names and ids that people choose for projects, enterprise projects, users and enrolment tokens. */
import { appError } from '../errors.ts';
import { ALL_GRANTED_ENTERPRISE_PROJECTS } from './rights.ts';

export const IDENTITY_NAME_CHARACTERS_MAX = 64;

/** Checks a name: 1 to 64 characters, none of them a control character, no blank at either end. */
export function checkIdentityName(parameter: string, name: string): void {
  const characters = [...name].length;
  if (characters < 1 || characters > IDENTITY_NAME_CHARACTERS_MAX) {
    throw invalid(parameter, `must have 1 to ${IDENTITY_NAME_CHARACTERS_MAX} characters`);
  }
  if (/\p{Cc}|\p{Cs}/u.test(name) || name.trim() !== name) {
    throw invalid(parameter, 'must not hold control characters, nor begin or end with a blank');
  }
}

/** Checks the name of a project, which is a region name in URLs and catalogues: letters, digits, `_`, `-` and `.`. */
export function checkProjectName(parameter: string, name: string): void {
  if (!/^[0-9A-Za-z_.-]{1,64}$/.test(name)) {
    throw invalid(
      parameter,
      `must be 1 to ${IDENTITY_NAME_CHARACTERS_MAX} letters, digits, "_", "-" and "."`,
    );
  }
}

/** Checks the id of an enterprise project: letters, digits, `_` and `-`, and not the word that stands for all. */
export function checkEnterpriseProjectId(parameter: string, id: string): void {
  if (!/^[0-9A-Za-z_-]{1,64}$/.test(id) || id.toLowerCase() === ALL_GRANTED_ENTERPRISE_PROJECTS) {
    throw invalid(
      parameter,
      `must be 1 to 64 letters, digits, "_" and "-", and not ${ALL_GRANTED_ENTERPRISE_PROJECTS}`,
    );
  }
}

function invalid(name: string, problem: string): Error {
  return appError('parameter-invalid', { name, problem });
}
