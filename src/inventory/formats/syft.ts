import { hasField, listField, recordField, textField, timeOf } from '../json-fields.ts';
import { addAnchoreArtifact, nameOfSource, systemOfDistro } from './anchore-artifact.ts';
import type { JsonFormat } from './format.ts';
import { SystemVote } from './purl-packages.ts';

/** Syft's own JSON: `artifacts`, `source`, `distro`. */
export const SYFT_JSON: JsonFormat = {
  name: 'Syft JSON',
  recognises: (document) => hasField(document, 'artifacts') && hasField(document, 'source'),
  read: (document, list) => {
    const vote = new SystemVote();
    listField(document, 'artifacts').forEach((artifact, index) => {
      vote.add(addAnchoreArtifact(artifact, `artifact ${index + 1}`, list));
    });
    return {
      system: systemOfDistro(recordField(document, 'distro')) ?? vote.winner(),
      name: nameOfSource(recordField(document, 'source')),
      collectedAt: timeOf(textField(recordField(document, 'descriptor'), 'timestamp')),
    };
  },
};
