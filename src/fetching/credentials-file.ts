import { readFile, stat } from 'node:fs/promises';
import { appError } from '../errors.ts';
import type { Credential } from './http-settings.ts';

const CREDENTIALS_FILE_BYTES_MAX = 65_536;

/**
 * Reads the file of credentials for feeds: a JSON object from the beginning of URLs to the value of the Authorization
 * header they get (`{"https://mirror.example/": "Basic …"}`). Throws `config-invalid` in words, never quoting the file.
 */
export async function readCredentialsFile(path: string): Promise<readonly Credential[]> {
  const invalid = (problem: string, cause?: unknown): Error =>
    appError('config-invalid', { name: `PARAPET_FEEDS_CREDENTIALS_FILE (${path})`, problem }, cause);
  let parsed: unknown;
  try {
    if ((await stat(path)).size > CREDENTIALS_FILE_BYTES_MAX) {
      throw new Error(`has more than ${CREDENTIALS_FILE_BYTES_MAX} bytes`);
    }
    parsed = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    // The parser's own message quotes the text.
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw invalid(`cannot be read as JSON${code}. Correct the file or the path.`, error);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw invalid('must hold one JSON object from URLs to the values of the Authorization header.');
  }
  return Object.entries(parsed).map(([prefix, authorization]) => {
    if (!/^https?:\/\/[^/]+\//.test(prefix) || !URL.canParse(prefix)) {
      throw invalid(
        'has a key that is no beginning of URLs, such as https://mirror.example/ with its last slash.',
      );
    }
    if (typeof authorization !== 'string' || !/^[\x20-\x7e]{1,4096}$/.test(authorization)) {
      throw invalid(`has no usable text for ${new URL(prefix).host}.`);
    }
    return { prefix, authorization };
  });
}
