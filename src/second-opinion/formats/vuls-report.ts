import { isJsonObject } from '../../archive/json-guard.ts';
import { hasField, listField, recordField, textField, textListField } from '../../inventory/json-fields.ts';
import { systemFromName } from '../../inventory/system-from-name.ts';
import type { JsonReportFormat } from '../other-report.ts';

/** A result of Vuls after `vuls report`: `scannedCves`, by CVE. A result of `vuls scan` alone has none. */
export const VULS_REPORT: JsonReportFormat = {
  name: 'Vuls JSON (after vuls report)',
  recognises: (document) => hasField(document, 'jsonVersion') && hasField(document, 'scannedCves'),
  read: (document, findings) => {
    const versions = new Map<string, string>();
    for (const item of Object.values(recordField(document, 'packages'))) {
      if (isJsonObject(item)) versions.set(textField(item, 'name'), versionOf(item));
    }
    for (const [cve, item] of Object.entries(recordField(document, 'scannedCves'))) {
      const affected = listField(item, 'affectedPackages');
      const libraries = listField(item, 'libraryFixedIns');
      for (const pkg of affected) {
        const name = textField(pkg, 'name');
        const found = {
          package: name,
          version: versions.get(name) ?? '',
          fixedVersion: textField(pkg, 'fixedIn'),
        };
        findings.add([cve], found);
      }
      for (const library of libraries) {
        const found = { package: textField(library, 'name'), fixedVersion: textField(library, 'fixedIn') };
        findings.add([cve], found);
      }
      for (const plugin of listField(item, 'wpPackageFixStats')) {
        findings.add([cve], {
          package: textField(plugin, 'name'),
          fixedVersion: textField(plugin, 'fixedIn'),
        });
      }
      const updates = textListField(item, 'windowsKBFixedIns');
      for (const update of updates) findings.add([cve], { fixedVersion: update });
      if (affected.length + libraries.length + updates.length === 0) findings.add([cve], {});
    }
    return {
      scanner: 'Vuls',
      system: systemFromName(textField(document, 'family'), textField(document, 'release')),
    };
  },
};

function versionOf(item: unknown): string {
  const release = textField(item, 'release');
  return release === '' ? textField(item, 'version') : `${textField(item, 'version')}-${release}`;
}
