import { readFile } from 'node:fs/promises';
import { appError } from '../errors.ts';

/** Bounds of the token, in characters: 32 of hexadecimal digits are 128 bits. */
export const METRICS_TOKEN_LENGTH_MIN = 32;
export const METRICS_TOKEN_LENGTH_MAX = 512;

/** Reads the token that opens `/metrics`; white space around it does not count. Throws `config-invalid`. */
export async function readMetricsToken(path: string): Promise<string> {
  const invalid = (problem: string, cause?: unknown) =>
    appError(
      'config-invalid',
      {
        name: 'PARAPET_METRICS_TOKEN_FILE',
        problem: `${path} ${problem}. Make one with: openssl rand -hex 32 > FILE`,
      },
      cause,
    );
  let text: string;
  try {
    text = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw invalid(`cannot be read (${code})`, error);
  }
  const isToken =
    /^[!-~]+$/.test(text) &&
    text.length >= METRICS_TOKEN_LENGTH_MIN &&
    text.length <= METRICS_TOKEN_LENGTH_MAX;
  if (!isToken) {
    throw invalid(
      `must hold ${METRICS_TOKEN_LENGTH_MIN} to ${METRICS_TOKEN_LENGTH_MAX} characters of ASCII without spaces`,
    );
  }
  return text;
}
