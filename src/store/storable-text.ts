/** PostgreSQL text holds neither NUL nor lone surrogates; both become U+FFFD. Everything else stays as it is. */
export function storableText(text: string): string {
  return text.includes('\0') || !text.isWellFormed() ? text.replaceAll('\0', '\uFFFD').toWellFormed() : text;
}

/** `JSON.stringify` with every string made storable. Only text that needs it is gone through member by member. */
export function storableJson(value: unknown): string {
  const text = JSON.stringify(value);
  // The two things that are not storable are the only ones written as these escapes (or as text that looks like them).
  if (!text.includes('\\u0000') && !text.includes('\\ud')) return text;
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'string' ? storableText(member) : member,
  );
}
