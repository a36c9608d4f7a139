/** Longest manifest and properties file read of an archive, in bytes; signed archives list every class in theirs. */
export const MANIFEST_BYTES_MAX = 4 * 1024 ** 2;

/** The attributes of the main section of a `META-INF/MANIFEST.MF`, by name in lower case; long lines are joined. */
export function readManifest(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  const [main = ''] = text.replace(/\r\n?/g, '\n').split('\n\n', 1);
  for (const line of main.replace(/\n /g, '').split('\n')) {
    const colon = line.indexOf(': ');
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    if (name !== '' && !attributes.has(name)) attributes.set(name, line.slice(colon + 2).trim());
  }
  return attributes;
}

/** The entries of a Java properties file as its tools write them: `key=value` a line, `#` before remarks. */
export function readProperties(text: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, key = '', value = ''] = /^\s*([^#!\s=:][^=:\s]*)\s*[=:](.*)$/.exec(line) ?? [];
    if (key !== '') entries.set(key, value.trim());
  }
  return entries;
}
