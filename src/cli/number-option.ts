import { appError } from '../errors.ts';

/** A whole number within bounds; `default` where nothing was given. Throws `option-invalid`. */
export function numberOption(
  name: string,
  text: string | undefined,
  limits: { readonly min: number; readonly max: number; readonly default: number },
): number {
  if (text === undefined) return limits.default;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= limits.min && value <= limits.max)) {
    throw appError('option-invalid', {
      name,
      problem: `must be a whole number from ${limits.min} to ${limits.max}`,
    });
  }
  return value;
}
