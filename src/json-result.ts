/** Names of fields that hold a moment in milliseconds since 1970. */
const MOMENT = /(?:At|Since|Time|^at|^date)$/;

/**
 * A result as `--json` and our own API show it, whatever it was made of: names in snake_case, moments as ISO 8601. Only the names of
 * fields are touched; nothing here has names that are data with capitals in them.
 */
export function jsonResult(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(jsonResult);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      typeof member === 'number' && MOMENT.test(name) ? new Date(member).toISOString() : jsonResult(member),
    ]),
  );
}
