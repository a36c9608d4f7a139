/** `parapet explain … --server`: the explanation of one stored server, from the service's own database. */
import {
  type ExplainedFinding,
  type ExplainedPackage,
  explainFinding,
  type FindingExplanation,
} from '../jobs/explain-finding.ts';
import { replacedNote } from '../jobs/explanation-sentence.ts';
import { chooseServer } from './choose-server.ts';
import { type CommandIo, usage, writeResult } from './command.ts';
import { explainedLines } from './explained-package.ts';
import { shownTime } from './shown-time.ts';
import { printable } from './table.ts';
import { vulnerabilityWordProblem } from './vulnerability-word.ts';
import { chooseProject, withStore } from './with-store.ts';

export async function explainServer(
  io: CommandIo,
  request: {
    readonly about: string;
    readonly server: string;
    readonly project: string | undefined;
    readonly asJson: boolean;
  },
): Promise<void> {
  await withStore(io, async (store) => {
    const project = await chooseProject(store, request.project);
    const { id } = await chooseServer(store, project.id, request.server);
    const scope = { projectId: project.id, enterpriseProjects: 'all' } as const;
    const explained = await explainFinding(
      store.database,
      { scope, serverId: id, about: request.about },
      store.clock(),
    );
    const { verdict, findings, packages } = explained;
    const isKnown = verdict !== 'unknown' || findings.length > 0 || packages.length > 0;
    const problem = isKnown ? undefined : vulnerabilityWordProblem(request.about);
    if (problem !== undefined) throw usage('explain', problem);
    writeResult(io, request.asJson, { json: explained, text: textOf(explained) });
  });
}

function textOf(explained: FindingExplanation): string {
  const { sentence, findings, packages, coverage, advisorySet } = explained;
  const following = advisorySet.matchingInProgress ? '; matching is in progress' : '';
  const lines = [
    sentence,
    '',
    ...findings.flatMap(findingLines),
    ...packages.flatMap(packageLines),
    `Coverage: ${coverage.status}. ${coverage.reason}`,
    `Advisory set ${advisorySet.revision}${following}.`,
  ];
  return lines.map(printable).join('\n');
}

function findingLines(explained: ExplainedFinding): string[] {
  const { id, title, clocks, finding, priority, decision, history } = explained;
  const status =
    finding === null
      ? 'no finding'
      : `${finding.status} since ${shownTime(finding.statusSince)}, first seen ${shownTime(finding.firstSeenAt)}`;
  const terms = priority.terms.map(({ term, points }) => `${term} ${points}`).join(', ');
  return [
    `${id}: ${title}`,
    `  ${status}`,
    `  published ${clockTime(clocks.publishedAt)}, fetched ${clockTime(clocks.fetchedAt)}, matched ${clockTime(clocks.matchedAt)}`,
    `  ${priority.word}: ${priority.points} points (${terms})${replacedNote(priority)}`,
    ...(decision === null
      ? []
      : [
          `  ${decision.kind} by ${decision.decidedBy} on ${shownTime(decision.decidedAt)}, ${
            decision.until === null ? 'until undone' : `until ${shownTime(decision.until)}`
          }: ${decision.remark}`,
        ]),
    ...history.map(
      ({ at, kind, actor, remark }) =>
        `  ${shownTime(at)}  ${kind} by ${actor}${remark === '' ? '' : `: ${remark}`}`,
    ),
    '',
  ];
}

function clockTime(ms: number | null): string {
  return ms === null ? 'unknown' : shownTime(ms);
}

function packageLines({ raises_finding, ...explained }: ExplainedPackage): readonly string[] {
  const isSilent = explained.decision === 'affected' && !raises_finding;
  return [...explainedLines({ ...explained, silence: isSilent ? 'raises no finding' : '' }), ''];
}
