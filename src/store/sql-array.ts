/** The text form of a PostgreSQL array of plain words, numbers or truth values. */
export function arrayText(values: readonly (number | string | boolean)[]): string {
  return `{${values.join(',')}}`;
}
