import { hasField, listField, recordField, textField, timeOf } from '../json-fields.ts';
import { addAnchoreArtifact, nameOfSource, systemOfDistro } from './anchore-artifact.ts';
import type { JsonFormat } from './format.ts';
import { isObjectItem } from './object-item.ts';
import { SystemVote } from './purl-packages.ts';

/** Grype's JSON report: the packages are the artifacts of its matches. */
export const GRYPE_JSON: JsonFormat = {
  name: 'Grype JSON',
  recognises: (document) =>
    hasField(document, 'matches') && (hasField(document, 'source') || hasField(document, 'distro')),
  read: (document, list) => {
    const vote = new SystemVote();
    listField(document, 'matches').forEach((match, index) => {
      const where = `match ${index + 1}`;
      if (isObjectItem(match, where, list))
        vote.add(addAnchoreArtifact(recordField(match, 'artifact'), where, list));
    });
    list.addProblem(
      'a Grype report holds only the packages that Grype found vulnerable, not all that is installed; a Syft or SPDX file of the same machine says more',
    );
    return {
      system: systemOfDistro(recordField(document, 'distro')) ?? vote.winner(),
      name: nameOfSource(recordField(document, 'source')),
      collectedAt: timeOf(textField(recordField(document, 'descriptor'), 'timestamp')),
    };
  },
};
