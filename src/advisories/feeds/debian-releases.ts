/** Debian's code names and the releases they stand for (distro-info-data, debian.csv); before etch a release is the number with its point. */
const RELEASE_OF_CODE_NAME: ReadonlyMap<string, string> = new Map([
  ['buzz', '1.1'],
  ['rex', '1.2'],
  ['bo', '1.3'],
  ['hamm', '2.0'],
  ['slink', '2.1'],
  ['potato', '2.2'],
  ['woody', '3.0'],
  ['sarge', '3.1'],
  ['etch', '4'],
  ['lenny', '5'],
  ['squeeze', '6'],
  ['wheezy', '7'],
  ['jessie', '8'],
  ['stretch', '9'],
  ['buster', '10'],
  ['bullseye', '11'],
  ['bookworm', '12'],
  ['trixie', '13'],
  ['forky', '14'],
  ['duke', '15'],
  ['sid', 'sid'],
  ['unstable', 'sid'],
]);

/** The release number of a code name (`bookworm`: 12; `sid` and `unstable`: sid), also with a suite behind it (`bookworm-security`); undefined for any other text. */
export function debianReleaseOf(codeName: string): string | undefined {
  return RELEASE_OF_CODE_NAME.get(codeName) ?? RELEASE_OF_CODE_NAME.get(codeName.replace(/-security$/, ''));
}
