import { alignedTable } from '../src/cli/table.ts';
import { countsOf, type Figures, grouped } from './figures.ts';
import type { Findings, JudgedCase } from './truth.ts';

const HEADER = ['', 'CASES', 'TRUE POS', 'FALSE POS', 'TRUE NEG', 'FALSE NEG', 'PRECISION', 'RECALL'];

/** Everything for people: figures by system and by source, what was left out and why, every miss with its reason. */
export function reportText(findings: Findings): string {
  const { cases } = findings;
  const misses = cases.filter((item) => item.isAffected !== item.isFound);
  const lines = [
    'By kind and system',
    ...tableOf(grouped(cases, (item) => `${item.kind} ${item.pkg.ecosystem}`)),
    '',
    'By source of truth',
    ...tableOf({ ...grouped(cases, (item) => item.source), 'all together': countsOf(cases) }),
    '',
    'Left out',
    ...alignedTable(
      ['COUNT', 'SOURCE', 'REASON'],
      [...findings.leftOut()]
        .filter(({ count }) => count > 0)
        .sort((a, b) => (a.source < b.source ? -1 : a.source > b.source ? 1 : b.count - a.count))
        .map(({ source, reason, count }) => [String(count), source, reason]),
    ),
    '',
    ...findings.notes.map(({ source, text }) => `${source}: ${text}`),
    `Misses: ${misses.length}`,
    ...misses.map(missText),
  ];
  return `${lines.join('\n')}\n`;
}

function tableOf(groups: Readonly<Record<string, Figures>>): readonly string[] {
  return alignedTable(
    HEADER,
    Object.entries(groups).map(([name, figures]) => [
      name,
      String(figures.cases),
      String(figures.true_positives),
      String(figures.false_positives),
      String(figures.true_negatives),
      String(figures.false_negatives),
      shownRatio(figures.precision),
      shownRatio(figures.recall),
    ]),
  );
}

function shownRatio(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}

function missText(item: JudgedCase): string {
  const { pkg, about, source, subject, isAffected, reason } = item;
  const what = isAffected ? 'not found' : 'found and should not be';
  const id = about.join(' ');
  return `${source} ${subject.slice(-90)}\n  ${pkg.ecosystem} ${pkg.name} ${pkg.version} (${pkg.source}): ${id} ${what}. ${reason}`;
}
