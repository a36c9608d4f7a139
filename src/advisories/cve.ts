/** A CVE id (cve.org: year, then at least four digits), or a database's record of one: `DEBIAN-CVE-2024-1234`. */
const CVE = /^(?:[A-Za-z][A-Za-z0-9]*-)?(CVE-\d{4}-\d{4,19})$/i;
const CVE_ANYWHERE = /\bCVE-\d{4}-\d{4,19}\b/gi;

/** The CVE that an id is, or is a database's record of (`UBUNTU-CVE-2021-3782`), in capitals; undefined: neither. */
export function cveOfId(id: string): string | undefined {
  return CVE.exec(id)?.[1]?.toUpperCase();
}

/** The CVEs among ids, in their order, each once. */
export function cvesOfIds(ids: Iterable<string>): string[] {
  const cves = new Set<string>();
  for (const id of ids) {
    const cve = cveOfId(id);
    if (cve !== undefined) cves.add(cve);
  }
  return [...cves];
}

/** The CVEs that texts mention anywhere (addresses, titles), in their order, each once. */
export function cvesInTexts(texts: Iterable<string>): string[] {
  const cves = new Set<string>();
  for (const text of texts) {
    for (const found of text.matchAll(CVE_ANYWHERE)) cves.add(found[0].toUpperCase());
  }
  return [...cves];
}
