import { hasField, listField, recordField, textField, textListField } from '../../inventory/json-fields.ts';
import { systemFromName } from '../../inventory/system-from-name.ts';
import type { FindingList, JsonReportFormat } from '../other-report.ts';

/** Trivy's JSON report: `Results[].Vulnerabilities[]`; before schema 2 the list of results alone. */
export const TRIVY_REPORT: JsonReportFormat = {
  name: 'Trivy JSON',
  recognises: (document) =>
    (hasField(document, 'SchemaVersion') &&
      (hasField(document, 'Results') || hasField(document, 'ArtifactName'))) ||
    (Array.isArray(document) && document.some((item) => hasField(item, 'Target') && hasField(item, 'Type'))),
  read: (document, findings) => {
    const results = Array.isArray(document) ? document : listField(document, 'Results');
    for (const result of results) {
      for (const item of listField(result, 'Vulnerabilities')) addVulnerability(item, findings);
    }
    const os = recordField(recordField(document, 'Metadata'), 'OS');
    return { scanner: 'Trivy', system: systemFromName(textField(os, 'Family'), textField(os, 'Name')) };
  },
};

function addVulnerability(item: unknown, findings: FindingList): void {
  findings.add([textField(item, 'VulnerabilityID'), ...textListField(item, 'VendorIDs')], {
    package: textField(item, 'PkgName'),
    version: textField(item, 'InstalledVersion'),
    fixedVersion: textField(item, 'FixedVersion'),
  });
}
