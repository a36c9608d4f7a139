import { systemOfDistro } from '../../inventory/formats/anchore-artifact.ts';
import { hasField, listField, recordField, textField, textListField } from '../../inventory/json-fields.ts';
import type { JsonReportFormat } from '../other-report.ts';

/** Grype's JSON report. A match by an advisory names the CVEs behind it in `relatedVulnerabilities`. */
export const GRYPE_REPORT: JsonReportFormat = {
  name: 'Grype JSON',
  recognises: (document) =>
    hasField(document, 'matches') && (hasField(document, 'source') || hasField(document, 'distro')),
  read: (document, findings) => {
    for (const match of listField(document, 'matches')) {
      const vulnerability = recordField(match, 'vulnerability');
      const artifact = recordField(match, 'artifact');
      const related = listField(match, 'relatedVulnerabilities').map((item) => textField(item, 'id'));
      findings.add([textField(vulnerability, 'id'), ...related], {
        package: textField(artifact, 'name'),
        version: textField(artifact, 'version'),
        fixedVersion: textListField(recordField(vulnerability, 'fix'), 'versions').join(', '),
      });
    }
    return { scanner: 'Grype', system: systemOfDistro(recordField(document, 'distro')) };
  },
};
