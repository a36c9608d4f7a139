import type { AffectedPackage } from './advisory.ts';

/**
 * What a list says that knows nothing but the version in which a source package is fixed: every earlier version is
 * affected. An empty `fixed` is a fix that is not known.
 */
export function sourceFixedIn(
  source: Pick<AffectedPackage, 'ecosystem' | 'name' | 'scheme'>,
  fixed: string,
): AffectedPackage {
  return {
    ...source,
    matchOn: 'source',
    ranges: [{ introduced: '', fixed, lastAffected: '' }],
    versions: [],
    architectures: [],
    module: '',
    pocket: '',
  };
}
