/**
 * .NET Framework has an update for each of its versions, and a system has one version of the 4.x line and perhaps 3.5. A
 * list of updates does not name it, so it is taken from what the system came with, or from an update of .NET that it has
 * installed: only one of the version that is there can be.
 */

/** The versions named by a component (`Microsoft .NET Framework 3.5 AND 4.6.2/4.7`): `3.5`, `4.6.2`, `4.7`; undefined: not .NET. */
export function dotNetVersionsOf(component: string): readonly string[] | undefined {
  const text = /^microsoft \.net framework (.+)$/i.exec(component)?.[1];
  return text?.replace(/service pack \d/gi, '').match(/\d\.\d(?:\.\d)?|\b4\b/g) ?? undefined;
}

/** Microsoft's list of what each release came with (learn.microsoft.com, ".NET Framework system requirements"). */
const CAME_WITH: readonly (readonly [product: RegExp, versions: readonly string[]])[] = [
  [/^Windows 11 Version 21H2 |^Windows Server 2022(?:$| \()/, ['4.8']],
  [/^Windows 11 |^Windows Server 2025|^Windows Server 2022, 23H2/, ['4.8.1']],
  [/^Windows 10 for /, ['4.6']],
  [/Version 1511 /, ['4.6.1']],
  [/Version 1607 |^Windows Server 2016/, ['4.6.2']],
  [/Version 1703 /, ['4.7']],
  [/[Vv]ersion 1709 /, ['4.7.1']],
  [/[Vv]ersion 180[39] |^Windows Server 2019/, ['4.7.2']],
  [/[Vv]ersion (?:1903|1909|2004|2\dH\d) /, ['4.8']],
  [/^Windows 8\.1 |^Windows Server 2012 R2|^Windows RT 8\.1/, ['4.5.1']],
  [/^Windows 8 |^Windows Server 2012|^Windows RT/, ['4.5']],
  [/^Windows 7 |^Windows Server 2008 R2/, ['3.5.1']],
  [/^Windows Vista|^Windows Server 2008/, ['2.0', '3.0']],
];

/**
 * The versions of .NET Framework on a system of `product` that has installed updates for `installed` (components as
 * advisories name them): those of the newest 4.x that an update shows, else the one the system came with.
 */
export function dotNetVersionsHere(product: string, installed: Iterable<string>): ReadonlySet<string> {
  const came = CAME_WITH.find(([pattern]) => pattern.test(product))?.[1] ?? [];
  const here = new Set(came.filter((version) => !version.startsWith('4')));
  let newest = came.filter((version) => version.startsWith('4'));
  for (const component of installed) {
    const shown = dotNetVersionsOf(component) ?? [];
    const fours = shown.filter((version) => version.startsWith('4'));
    if (fours.length === 0) for (const version of shown) here.add(version);
    else if (highest(fours) > highest(newest)) newest = fours;
  }
  for (const version of newest) here.add(version);
  return here;
}

/** Whether an update for `component` concerns a system with the versions `here`. By its 4.x versions, where it names any. */
export function concernsDotNet(versions: readonly string[], here: ReadonlySet<string>): boolean {
  const fours = versions.filter((version) => version.startsWith('4'));
  return (fours.length > 0 ? fours : versions).some((version) => here.has(version));
}

/** Versions are single digits between dots, so their texts are ordered as they are. */
function highest(versions: readonly string[]): string {
  return versions.reduce((top, version) => (version > top ? version : top), '');
}
