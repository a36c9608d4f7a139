import { expect, it } from 'vitest';
import { figuresOf } from './figures.ts';
import { reportText } from './report-text.ts';
import { Findings, type JudgedCase } from './truth.ts';

function judged(isAffected: boolean, isFound: boolean, ecosystem = 'debian:12'): JudgedCase {
  const pkg = {
    ecosystem,
    name: 'bash',
    version: '5.2-1',
    arch: '',
    source: 'bash',
    sourceVersion: '5.2-1',
    module: '',
    origin: '',
  };
  const common = {
    source: 'labels',
    subject: 'image',
    kind: 'linux_vul' as const,
    pkg,
    about: ['CVE-2024-1'],
  };
  return { ...common, isAffected, isFound, reason: 'Because.' };
}

it('counts what was found and what was not, and divides', () => {
  const findings = new Findings();
  for (const found of [true, true, true, false]) findings.addCase(judged(true, found));
  findings.addCase(judged(false, true, 'alpine:3.19'));
  findings.addCase(judged(false, false, 'alpine:3.19'));
  findings.leaveOut('labels', 'not clear');
  findings.leaveOut('labels', 'not clear', 2);
  const figures = figuresOf(findings);
  expect(figures).toMatchObject({
    cases: 6,
    precision: 0.75,
    recall: 0.75,
    true_positives: 3,
    false_positives: 1,
    true_negatives: 1,
    false_negatives: 1,
    left_out: [{ source: 'labels', reason: 'not clear', count: 3 }],
  });
  expect(figures.by).toMatchObject({
    'linux_vul alpine:3.19': { cases: 2, precision: 0, recall: null },
    'linux_vul debian:12': { cases: 4, precision: 1, recall: 0.75 },
  });
});

it('lists each miss with its reason', () => {
  const findings = new Findings();
  findings.addCase(judged(true, false));
  expect(reportText(findings)).toContain('debian:12 bash 5.2-1 (bash): CVE-2024-1 not found. Because.');
});
