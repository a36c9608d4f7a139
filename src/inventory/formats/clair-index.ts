import { hasField, recordField, textField, valuesField } from '../json-fields.ts';
import { moduleStreamOf, withoutZeroEpoch } from '../purl.ts';
import type { System } from '../system.ts';
import { systemFromName } from '../system-from-name.ts';
import type { JsonFormat } from './format.ts';

/** An index report of Clair (claircore): the packages and the distribution of an image. */
export const CLAIR_INDEX: JsonFormat = {
  name: 'Clair index report',
  recognises: (document) => hasField(document, 'manifest_hash') && hasField(document, 'packages'),
  read: (document, list) => {
    let system = systemOf(valuesField(document, 'distributions')[0]);
    for (const item of valuesField(document, 'packages')) {
      system ??= systemOf(recordField(item, 'dist'));
      const name = textField(item, 'name');
      if (textField(item, 'kind') === 'source' || name === 'gpg-pubkey') continue;
      const source = recordField(item, 'source');
      list.addSystemPackage(
        {
          name,
          version: withoutZeroEpoch(textField(item, 'version')),
          arch: textField(item, 'arch'),
          source: textField(source, 'name'),
          sourceVersion: withoutZeroEpoch(textField(source, 'version')),
          module: moduleStreamOf(textField(item, 'module')),
        },
        `package ${name}`,
      );
    }
    return { system };
  },
};

function systemOf(distribution: unknown): System | undefined {
  const id = textField(distribution, 'did') || textField(distribution, 'name');
  return id === ''
    ? undefined
    : systemFromName(
        id,
        textField(distribution, 'version_id') || textField(distribution, 'version'),
        textField(distribution, 'pretty_name'),
      );
}
