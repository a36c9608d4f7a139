/** Ubuntu's code names and the releases they stand for (distro-info-data, ubuntu.csv). */
const RELEASE_OF_CODE_NAME: ReadonlyMap<string, string> = new Map([
  ['warty', '4.10'],
  ['hoary', '5.04'],
  ['breezy', '5.10'],
  ['dapper', '6.06'],
  ['edgy', '6.10'],
  ['feisty', '7.04'],
  ['gutsy', '7.10'],
  ['hardy', '8.04'],
  ['intrepid', '8.10'],
  ['jaunty', '9.04'],
  ['karmic', '9.10'],
  ['lucid', '10.04'],
  ['maverick', '10.10'],
  ['natty', '11.04'],
  ['oneiric', '11.10'],
  ['precise', '12.04'],
  ['quantal', '12.10'],
  ['raring', '13.04'],
  ['saucy', '13.10'],
  ['trusty', '14.04'],
  ['utopic', '14.10'],
  ['vivid', '15.04'],
  ['wily', '15.10'],
  ['xenial', '16.04'],
  ['yakkety', '16.10'],
  ['zesty', '17.04'],
  ['artful', '17.10'],
  ['bionic', '18.04'],
  ['cosmic', '18.10'],
  ['disco', '19.04'],
  ['eoan', '19.10'],
  ['focal', '20.04'],
  ['groovy', '20.10'],
  ['hirsute', '21.04'],
  ['impish', '21.10'],
  ['jammy', '22.04'],
  ['kinetic', '22.10'],
  ['lunar', '23.04'],
  ['mantic', '23.10'],
  ['noble', '24.04'],
  ['oracular', '24.10'],
  ['plucky', '25.04'],
  ['questing', '25.10'],
  ['resolute', '26.04'],
  ['stonking', '26.10'],
]);

/** The release of a code name (`jammy`: 22.04); undefined for any other text (`upstream`, `devel`). */
export function ubuntuReleaseOf(codeName: string): string | undefined {
  return RELEASE_OF_CODE_NAME.get(codeName);
}

/** The pocket that Ubuntu's own word for one means in `AffectedPackage.pocket`: `esm-infra`, `esm-apps` and their like are `esm`. */
export function ubuntuPocketOf(pocket: string): string {
  if (pocket.startsWith('esm')) return 'esm';
  return pocket.startsWith('fips') ? 'fips' : '';
}
