import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { KnownLines } from './known-lines.ts';
import { parseInventory } from './parse.ts';
import { digestOfBody, parseReport, parseReportInSteps, REPORT_BYTES_MAX } from './report.ts';

const DEBIAN = [
  '[server]',
  'name web-01',
  'machine-id 0f3c2a6b7d8e4f10a1b2c3d4e5f60718',
  'agent 0.1.0',
  'address 10.0.0.5',
  'address fe80::1',
  'public-address 203.0.113.7',
  '[os-release]',
  'PRETTY_NAME="Debian GNU/Linux 11 (bullseye)"',
  'ID=debian',
  'VERSION_ID="11"',
  '[kernel]',
  '5.10.0-8-amd64',
  '#1 SMP Debian 5.10.46-4 (2021-08-03)',
  '[packages dpkg]',
  'adduser\t3.118\tall\tadduser\t3.118\tinstall ok installed',
  'bsdutils\t1:2.36.1-8\tamd64\tutil-linux\t2.36.1-8\tinstall ok installed',
  'gone\t1\tamd64\tgone\t1\tdeinstall ok config-files',
  '[applications]',
  'npm\texpress\t4.18.2\t/srv/app/node_modules/express',
  '[problems]',
  'rpm: the database is locked',
  '[end]',
];

function reportOf(lines: readonly string[], head: { digest?: string; first?: string } = {}): Buffer {
  const body = `${lines.join('\n')}\n`;
  const digest = head.digest ?? digestOfBody(Buffer.from(body));
  return Buffer.from(
    `${head.first ?? 'parapet-report 1'}\ncollected-at 1764000000\ndigest ${digest}\n${body}`,
  );
}

function withSection(name: string, lines: readonly string[], osRelease: readonly string[]): Buffer {
  return reportOf(['[server]', 'name a', '[os-release]', ...osRelease, `[${name}]`, ...lines, '[end]']);
}

describe('a report that is read in steps', () => {
  it('reads as at once, and may pause some hundred lines on, whatever the section', () => {
    const line = (index: number): string => `p${index}\t1\tamd64\tp\t1\tinstall ok installed`;
    const many = Array.from({ length: 20_000 }, (_, index) =>
      index % 7_000 === 6_999 ? 'few' : line(index),
    );
    const bytes = withSection('packages dpkg', many, ['ID=debian', 'VERSION_ID="11"']);
    const reading = parseReportInSteps(bytes, new KnownLines());
    let steps = 0;
    let step = reading.next();
    for (; step.done !== true; step = reading.next()) steps += 1;
    expect(step.value).toEqual(parseReport(bytes));
    expect(step.value.inventory.problems[0]).toContain('line 7006 of the body, [packages dpkg]');
    expect(steps).toBeGreaterThan(50);
  });
});

describe('parseReport', () => {
  it('reads a report whole, plain and gzip', () => {
    for (const bytes of [reportOf(DEBIAN), gzipSync(reportOf(DEBIAN))]) {
      const report = parseReport(bytes);
      expect(report).toMatchObject({
        machineId: '0f3c2a6b7d8e4f10a1b2c3d4e5f60718',
        agentVersion: '0.1.0',
        digest: digestOfBody(Buffer.from(`${DEBIAN.join('\n')}\n`)),
      });
      expect(report.inventory).toMatchObject({
        system: { key: 'debian:11', name: 'Debian GNU/Linux 11 (bullseye)' },
        server: { name: 'web-01', uuid: '', privateIps: ['10.0.0.5'], publicIp: '203.0.113.7' },
        runningKernel: { release: '5.10.0-8-amd64', version: '5.10.46-4' },
        collectedAt: 1_764_000_000_000,
        problems: ['agent: rpm: the database is locked'],
      });
      expect(
        report.inventory.packages.map((item) => [item.ecosystem, item.name, item.source, item.sourceVersion]),
      ).toEqual([
        ['debian:11', 'adduser', 'adduser', '3.118'],
        ['debian:11', 'bsdutils', 'util-linux', '2.36.1-8'],
        ['npm', 'express', 'express', '4.18.2'],
      ]);
    }
  });

  it('is understood as an inventory file too', () => {
    expect(parseInventory(reportOf(DEBIAN)).packages).toHaveLength(3);
  });

  it('has the digest that sha256sum prints for the body', () => {
    const folder = mkdtempSync(join(tmpdir(), 'parapet-report-'));
    try {
      const file = join(folder, 'body');
      writeFileSync(file, `${DEBIAN.join('\n')}\n`);
      const [sum] = execFileSync('sha256sum', [file], { encoding: 'utf8' }).split(' ');
      expect(parseReport(reportOf(DEBIAN, { digest: `sha256:${sum}` })).digest).toBe(`sha256:${sum}`);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('checks the digest over the bytes, not over what they decode to', () => {
    const body = Buffer.concat([
      Buffer.from(
        '[server]\nname a\n[os-release]\nID=rhel\nVERSION_ID=8\n[packages rpm]\nbash\t\t4\t1\tx86_64\t\t\tSoci',
      ),
      Buffer.from([0xe9]),
      Buffer.from('t\n[end]\n'),
    ]);
    const bytes = Buffer.concat([Buffer.from(`parapet-report 1\ndigest ${digestOfBody(body)}\n`), body]);
    expect(parseReport(bytes).inventory.packages[0]).toMatchObject({ name: 'bash', origin: 'Soci\ufffdt' });
    expect(parseInventory(bytes).packages).toHaveLength(1);
  });

  it('takes a report without a digest from a machine that cannot make one', () => {
    expect(parseReport(reportOf(DEBIAN, { digest: '-' })).digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('reads rpm and apk lines', () => {
    const rpm = withSection(
      'packages rpm',
      [
        'dbus\t1\t1.12.8\t26.el8\tx86_64\tdbus-1.12.8-26.el8.src.rpm\t(none)\tAlmaLinux',
        'gpg-pubkey\t(none)\t1\t2\t(none)\t(none)\t(none)\t(none)',
      ],
      ['ID=almalinux', 'VERSION_ID=8.9'],
    );
    expect(parseReport(rpm).inventory.packages).toMatchObject([
      { ecosystem: 'almalinux:8', name: 'dbus', version: '1:1.12.8-26.el8', origin: 'AlmaLinux' },
    ]);
    const apk = withSection(
      'packages apk',
      ['libssl3\t3.1.4-r2\tx86_64\topenssl'],
      ['ID=alpine', 'VERSION_ID=3.19.0'],
    );
    expect(parseReport(apk).inventory.packages).toMatchObject([
      { ecosystem: 'alpine:3.19', name: 'libssl3', source: 'openssl', sourceVersion: '3.1.4-r2' },
    ]);
  });

  it('names bad lines and sections it does not know, and reads the rest', () => {
    const bytes = reportOf([
      '[server]',
      '[os-release]',
      'ID=debian',
      'VERSION_ID=12',
      '[packages dpkg]',
      'too\tfew',
      'a\t1\tamd64\ta\t1\tinstall ok installed',
      'x'.repeat(9000),
      '[packages snap]',
      'core\t1',
      '[applications]',
      'CPAN\tx\t1\t/x',
      '[end]',
    ]);
    const { packages, problems } = parseReport(bytes).inventory;
    expect(packages.map((item) => item.name)).toEqual(['a']);
    expect(problems).toHaveLength(4);
    expect(problems.join('\n')).toMatch(/2 columns[\s\S]*longer than[\s\S]*packages snap[\s\S]*CPAN/);
  });

  it('refuses what was cut short, changed, of another version, or is no report', () => {
    const whole = reportOf(DEBIAN);
    const changed = Buffer.from(whole.toString().replace('adduser\t3.118', 'adduser\t3.119'));
    for (const [bytes, words] of [
      [whole.subarray(0, whole.length - 3), /cut short/],
      [whole.subarray(0, 60), /without sections|cut short/],
      [changed, /digest/],
      [reportOf(DEBIAN, { first: 'parapet-report 2' }), /parapet-report 1/],
      [Buffer.from('hello'), /without sections/],
      [Buffer.alloc(0), /without sections/],
    ] as const) {
      expect(() => parseReport(bytes)).toThrow(words);
    }
  });

  it('refuses more than the limit, packed or not', () => {
    const spaces = Buffer.alloc(REPORT_BYTES_MAX + 1, 0x20);
    expect(() => parseReport(spaces)).toThrow(/33554432 bytes/);
    expect(() => parseReport(gzipSync(spaces))).toThrow(/33554432 bytes/);
  });

  it('refuses an empty set where the system is one we know, lest all findings look fixed', () => {
    expect(() => parseReport(withSection('packages dpkg', [], ['ID=debian', 'VERSION_ID=12']))).toThrow(
      /holds no package/,
    );
    expect(
      parseReport(withSection('packages dpkg', [], ['ID=nixos', 'VERSION_ID=24.05'])).inventory,
    ).toMatchObject({
      system: { key: 'nixos:24.05' },
      packages: [],
    });
  });
});
