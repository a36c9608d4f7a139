/** `text` cut to `max` characters and without control characters, fit to be shown in a message. */
export function shownText(text: string, max: number): string {
  const clean = text
    .slice(0, max * 2)
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .toWellFormed();
  return clean.length > max ? `${clean.slice(0, max - 1).toWellFormed()}…` : clean;
}
