import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LineReader } from './formats/report-lines.ts';
import { KnownLines, LINE_KEPT_LENGTH_MAX_CHARS, LINES_KEPT_MAX } from './known-lines.ts';
import { PackageList } from './package-list.ts';
import { digestOfBody, parseReport } from './report.ts';

const LINES: Readonly<Record<string, readonly string[]>> = {
  'packages dpkg': [
    'adduser\t3.118\tall\tadduser\t3.118\tinstall ok installed',
    'bsdutils\t1:2.36.1-8\tamd64\tutil-linux\t2.36.1-8\tinstall ok installed',
    'gone\t1\tamd64\tgone\t1\tdeinstall ok config-files',
    'linux-image-5.10.0-8-amd64\t5.10.46-4\tamd64\tlinux-signed\t5.10.46+4\tinstall ok installed',
    'too\tfew columns',
    'nameless\t\tamd64\tnameless\t\tinstall ok installed',
  ],
  'packages rpm': [
    'npm\t1\t8.19.3\t1.18.14.2.2.el8\tx86_64\tnodejs-18.14.2-2.el8.src.rpm\tnodejs:18\tRed Hat',
    'nodejs\t1\t18.14.2\t2.el8\tx86_64\tnodejs-18.14.2-2.el8.src.rpm\tnodejs:18\tRed Hat',
    'bash\t(none)\t4.4.20\t4.el8\tx86_64\tbash-4.4.20-4.el8.src.rpm\t(none)\tRed Hat',
    'gpg-pubkey\t(none)\t1\t2\t(none)\t(none)\t(none)\t(none)',
  ],
  applications: [
    'npm\texpress\t4.18.2\t/srv/a/node_modules/express',
    'npm\texpress\t4.18.2\t/srv/b/node_modules/express',
    'PyPI\tJinja2\t3.1.2\t/usr/lib/python3',
    'Cobol\tpayroll\t1\t/opt/payroll',
    'Go\texample.com/x\tdevel\t/usr/bin/x',
  ],
};

function reportOf(system: string, parts: readonly (readonly [section: string, lines: readonly string[]])[]) {
  const [id = '', version = ''] = system.split(' ');
  const sections = parts.flatMap(([section, lines]) => [`[${section}]`, ...lines]);
  const body = [
    '[server]',
    'name a',
    '[os-release]',
    `ID=${id}`,
    `VERSION_ID="${version}"`,
    ...sections,
    '[end]',
    '',
  ];
  const text = body.join('\n');
  const digest = digestOfBody(Buffer.from(text));
  return Buffer.from(`parapet-report 1\ncollected-at 1764000000\ndigest ${digest}\n${text}`);
}

const report = fc
  .tuple(
    fc.constantFrom('debian 11', 'debian 12', 'rocky 8'),
    fc.array(
      fc
        .constantFrom(...Object.keys(LINES))
        .chain((section) =>
          fc
            .array(fc.constantFrom(...(LINES[section] ?? [])), { maxLength: 6 })
            .map((lines) => [section, lines] as const),
        ),
    ),
  )
  // Without a package a report is refused.
  .map(([system, parts]) => reportOf(system, [...parts, ['applications', ['npm\tms\t2.1.3\t/srv']]]));

describe('lines that are known', () => {
  it('read as they do alone, whatever was read before', () => {
    fc.assert(
      fc.property(fc.array(report, { minLength: 1, maxLength: 8 }), (reports) => {
        const known = new KnownLines();
        for (const bytes of reports) expect(parseReport(bytes, known)).toEqual(parseReport(bytes));
      }),
    );
  });

  it('give the same packages from one report to the next', () => {
    const known = new KnownLines();
    const bytes = reportOf('debian 11', [['packages dpkg', LINES['packages dpkg'] ?? []]]);
    const [first, second] = [parseReport(bytes, known), parseReport(bytes, known)];
    expect(second.inventory.packages).toHaveLength(3);
    for (const [at, pkg] of second.inventory.packages.entries())
      expect(pkg).toBe(first.inventory.packages[at]);
  });
});

describe('what is kept of lines', () => {
  const reads: string[] = [];
  const reader: LineReader = (line, where, list) => {
    reads.push(line);
    return list.addSystemPackage({ name: line, version: '1' }, where);
  };
  const read = (known: KnownLines, line: string): void =>
    known.read(reader, line, new PackageList('test'), () => 'somewhere');

  it('is forgotten when as many others came in since it was last read, and not before', () => {
    const known = new KnownLines();
    const others = (from: number): void => {
      for (let other = 0; other < LINES_KEPT_MAX / 2; other += 1) read(known, `other-${from + other}`);
    };
    read(known, 'one');
    others(0);
    reads.length = 0;
    read(known, 'one');
    expect(reads).toEqual([]);
    others(LINES_KEPT_MAX);
    others(2 * LINES_KEPT_MAX);
    reads.length = 0;
    read(known, 'one');
    expect(reads).toEqual(['one']);
  });

  it('is no line that is very long', () => {
    const known = new KnownLines();
    const line = 'x'.repeat(LINE_KEPT_LENGTH_MAX_CHARS + 1);
    reads.length = 0;
    read(known, line);
    read(known, line);
    expect(reads).toEqual([line, line]);
  });
});
