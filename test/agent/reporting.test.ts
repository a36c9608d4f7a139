import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseReport } from '../../src/inventory/report.ts';
import { decideFindings } from '../../src/jobs/decide-findings.ts';
import { removeServer } from '../../src/store/fleet/remove-server.ts';
import { clientsHere, Machine, programPath, shellsHere } from './machine.ts';
import { openWire, testService } from './service.ts';

const service = await testService();

async function enrolled(machine: Machine, url = service.url): Promise<Machine> {
  const finished = await machine.agent('enrol', url, await service.addToken());
  expect(finished).toMatchObject({ code: 0, stderr: '' });
  return machine;
}

const DPKG_LINES = readFileSync(join(import.meta.dirname, '../fixtures/agent/dpkg-debian-10.tsv'), 'utf8');

describe('a report', () => {
  it.each(shellsHere())('reaches the server view, run by %s', async (shell) => {
    const machine = await enrolled(new Machine({ shell, name: `first-${shell}` }));
    expect(await service.rowOf(`first-${shell}`)).toBeUndefined();
    const finished = await machine.agent('report');
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(finished.stdout).toContain('the report was accepted: 21 packages');
    expect(await service.rowOf(`first-${shell}`)).toMatchObject({
      privateIp: '10.0.0.5',
      severityLevel: 'Medium',
      handleStatus: 'unhandled',
      counts: { critical: 0, high: 1, medium: 0, low: 0 },
      vulnerabilityIds: { linux_vul: ['DLA-3377-1'] },
    });
    expect(machine.kept('spool/pending')).toBeUndefined();
    expect((await machine.agent('status')).code).toBe(0);
  });

  it('of an unchanged server is one request of less than a kilobyte, and counts as a report', async () => {
    const wire = await openWire(service.port);
    const machine = await enrolled(new Machine({ name: 'unchanged' }), wire.url);
    await machine.agent('report');
    const before = await service.rowOf('unchanged');
    wire.connections.length = 0;
    service.clock.days = 1;
    const finished = await machine.agent('report');
    service.clock.days = 0;
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(finished.stdout).toContain('nothing has changed');
    expect(wire.connections).toHaveLength(1);
    expect(wire.connections[0]?.bytes).toBeLessThan(1_000);
    expect(wire.connections[0]?.sent).toContain('POST /parapet/v1/agent/unchanged');
    const after = await service.rowOf('unchanged');
    expect(after?.scanTime).toBe((before?.scanTime ?? 0) + 24 * 60 * 60 * 1000);
  });

  it('with an update installed is sent whole and turns the finding into fixed', async () => {
    const machine = await enrolled(new Machine({ name: 'updated' }));
    await machine.agent('report');
    machine.setPackages('dpkg', DPKG_LINES.replaceAll('241-7~deb10u8', '241-7~deb10u9'));
    expect((await machine.agent('report')).stdout).toContain('the report was accepted');
    expect(await service.rowOf('updated')).toMatchObject({ handleStatus: 'handled', score: 100 });
  });

  it('that says nothing has changed opens a finding again that was only claimed to be fixed', async () => {
    const machine = await enrolled(new Machine({ name: 'claimed' }));
    await machine.agent('report');
    const row = await service.rowOf('claimed');
    await decideFindings(service.database, {
      projectId: service.projectId,
      enterpriseProjects: 'all',
      operation: 'manual_repair',
      remark: 'done by hand',
      decidedBy: 'ops',
      type: undefined,
      selection: [{ serverId: row?.id ?? '', vulnerabilityIds: ['DLA-3377-1'], isNamed: true }],
      now: service.clock.now().now,
    });
    expect(await service.rowOf('claimed')).toMatchObject({ handleStatus: 'handled' });
    expect((await machine.agent('report')).stdout).toContain('nothing has changed');
    expect(await service.rowOf('claimed')).toMatchObject({ handleStatus: 'unhandled' });
  });

  it.each(clientsHere())('is sent where only %s is there, with no secret in an argument', async (client) => {
    const machine = new Machine({ client, name: `by-${client}` });
    const real = programPath(client) ?? '';
    const calls = join(machine.folder, 'calls');
    machine.stub(client, `printf '%s\\n' "$*" >>${calls}\nexec ${real} "$@"`);
    await enrolled(machine);
    expect(await machine.agent('report')).toMatchObject({ code: 0, stderr: '' });
    expect(await service.rowOf(`by-${client}`)).toBeDefined();
    expect(readFileSync(calls, 'utf8')).toContain(client === 'curl' ? '--config' : '/agent/report');
    expect(readFileSync(calls, 'utf8')).not.toContain('parapet-agent-');
    expect(readFileSync(calls, 'utf8')).not.toContain('parapet-enrol-');
  });

  it('of rpm carries epochs and module streams; of apk, origins', async () => {
    const printed = async (manager: 'rpm' | 'apk') => {
      const { stdout, code } = await new Machine({ manager }).agent('report', '--print');
      expect(code).toBe(0);
      return parseReport(Buffer.from(stdout)).inventory;
    };
    const rpm = await printed('rpm');
    expect(rpm.system?.key).toBe('almalinux:8');
    expect(rpm.packages.map((item) => `${item.name} ${item.version} ${item.module}`)).toEqual(
      expect.arrayContaining([
        'openssl-libs 1:1.1.1k-12.el8_9 ',
        'perl-Encode-Locale 1.05-10.module_el8.5.0+2812+ed912d05 perl-libwww-perl:6.34',
      ]),
    );
    const apk = await printed('apk');
    expect(apk.system?.key).toBe('alpine:3.19');
    expect(apk.packages.find((item) => item.name === 'musl')).toMatchObject({
      version: '1.1.14-r10',
      arch: 'x86_64',
    });
  });

  it('says what the machine says waits for a restart, and nothing where it says nothing', async () => {
    const waitingOf = async (machine: Machine): Promise<readonly string[] | undefined> => {
      const { stdout } = await machine.agent('report', '--print');
      return parseReport(Buffer.from(stdout)).inventory.runningKernel?.waiting;
    };
    const debian = new Machine();
    expect(await waitingOf(debian)).toBeUndefined();
    debian.write('run/reboot-required', '*** System restart required ***\n');
    expect(await waitingOf(debian)).toEqual(['unnamed']);
    debian.write(
      'run/reboot-required.pkgs',
      'linux-image-4.19.0-22-amd64\nlinux-base\nlinux-base\n$(reboot)\n',
    );
    expect(await waitingOf(debian)).toEqual(['linux-base', 'linux-image-4.19.0-22-amd64']);
    const rpm = new Machine({ manager: 'rpm' });
    rpm.stub(
      'needs-restarting',
      `printf 'Core libraries or services have been updated since boot-up:\\n  * glibc\\n  * kernel-core\\n\\nReboot is required.\\n'; exit 1`,
    );
    expect(await waitingOf(rpm)).toEqual(['glibc', 'kernel-core']);
  });

  it('of an rpm that knows no module labels leaves that column empty', async () => {
    const machine = new Machine({ manager: 'rpm' });
    machine.stub(
      'rpm',
      `case $* in --querytags) echo NAME ;; *MODULARITYLABEL*) echo 'error: unknown tag' >&2; exit 1 ;;
        *) printf 'bash\\t(none)\\t4.2.46\\t34.el7\\tx86_64\\tbash-4.2.46-34.el7.src.rpm\\t\\tCentOS\\n' ;; esac`,
    );
    const { stdout } = await machine.agent('report', '--print');
    expect(parseReport(Buffer.from(stdout)).inventory.packages[0]).toMatchObject({
      name: 'bash',
      version: '4.2.46-34.el7',
      module: '',
    });
  });

  it('has the same digest in every shell, and is whole', async () => {
    const reports = await Promise.all(
      shellsHere().map(async (shell) => (await new Machine({ shell }).agent('report', '--print')).stdout),
    );
    const digests = reports.map((text) => parseReport(Buffer.from(text)).digest);
    expect(new Set(digests).size).toBe(1);
  });

  it('is refused in words where the server was removed, and does not bring it back', async () => {
    const machine = await enrolled(new Machine({ name: 'removed' }));
    await machine.agent('report');
    const id = (await service.rowOf('removed'))?.id ?? '';
    await removeServer(service.database, { projectId: service.projectId, enterpriseProjects: 'all' }, id);
    const finished = await machine.agent('report');
    expect(finished.code).toBe(5);
    expect(finished.stderr).toContain('Enrol this server again');
    expect(await service.rowOf('removed')).toBeUndefined();
  });
});

describe('applications', () => {
  it.each(shellsHere())('are found in the folders where servers have them, by %s', async (shell) => {
    const machine = new Machine({ shell });
    machine.write(
      'srv/app/node_modules/express/package.json',
      '{\n  "name": "express",\n  "scripts": {"version": "0"},\n  "version": "4.18.2",\n  "author": {"name": "TJ \\"x\\""}\n}',
    );
    machine.write(
      'srv/app/node_modules/@babel/core/package.json',
      '{"version":"7.1.0","name":"@babel/core"}',
    );
    machine.write(
      'srv/app/node_modules/express/test/fixtures/package.json',
      '{"name":"no","version":"1.0.0"}',
    );
    machine.write(
      'opt/venv/lib/python3.11/site-packages/Jinja2-3.1.2.dist-info/METADATA',
      'Metadata-Version: 2.1\nName: Jinja2\nVersion: 3.1.2\n\nName: other\n',
    );
    machine.write(
      'opt/ruby/gems/3.0.0/specifications/rake-13.0.6.gemspec',
      '# -*- encoding: utf-8 -*-\n# stub: rake 13.0.6 ruby lib\n',
    );
    machine.write(
      'var/www/shop/vendor/composer/installed.json',
      '{"packages":[{"name":"symfony/http-kernel","version":"v5.4.1","authors":[{"name":"F"}]},{"name":"twig/twig","version":"v3.0.0"}],"dev":true}',
    );
    machine.write('usr/lib/python3/dist-packages/yaml-1.dist-info/METADATA', 'Name: PyYAML\nVersion: 1\n');
    const { stdout } = await machine.agent('report', '--print');
    const { packages, problems } = parseReport(Buffer.from(stdout)).inventory;
    expect(
      packages
        .filter((item) => !item.ecosystem.includes(':'))
        .map((item) => [item.ecosystem, item.name, item.version, ...item.paths].join(' '))
        .sort(),
    ).toEqual([
      'Packagist symfony/http-kernel 5.4.1 /var/www/shop/vendor/symfony/http-kernel',
      'Packagist twig/twig 3.0.0 /var/www/shop/vendor/twig/twig',
      'PyPI jinja2 3.1.2 /opt/venv/lib/python3.11/site-packages/Jinja2-3.1.2.dist-info',
      'RubyGems rake 13.0.6 /opt/ruby/gems/3.0.0/specifications/rake-13.0.6.gemspec',
      'npm @babel/core 7.1.0 /srv/app/node_modules/@babel/core',
      'npm express 4.18.2 /srv/app/node_modules/express',
    ]);
    expect(problems.join('\n')).toContain('Go, Rust, Java and .NET were not looked into');
  });

  it('with hostile names and files cost nothing but themselves', async () => {
    const machine = new Machine();
    machine.write('srv/a/node_modules/x/package.json', '{"name":"x\\n[end]","version":"1\\t2"}');
    machine.write('srv/a/node_modules/y\n[end]/package.json', '{"name":"y","version":"1"}');
    machine.write('srv/a/node_modules/z/package.json', `${'['.repeat(50_000)}{"name":"z","version":"1"`);
    machine.write('srv/a/node_modules/good/package.json', '{"name":"good","version":"1.0.0"}');
    const { stdout } = await machine.agent('report', '--print');
    const { packages } = parseReport(Buffer.from(stdout)).inventory;
    expect(packages.filter((item) => item.ecosystem === 'npm').map((item) => item.name)).toContain('good');
    expect(packages.filter((item) => item.ecosystem !== 'npm')).toHaveLength(21);
  });
});

describe('applications that cannot be looked into this time', () => {
  it('are told as they were found by an earlier run, and never as gone', async () => {
    const machine = new Machine();
    machine.write('srv/app/node_modules/express/package.json', '{"name":"express","version":"4.18.2"}');
    const first = parseReport(Buffer.from((await machine.agent('report', '--print')).stdout));
    machine.stub('find', 'exit 124');
    const second = parseReport(Buffer.from((await machine.agent('report', '--print')).stdout));
    expect(second.inventory.packages).toEqual(first.inventory.packages);
    expect(second.inventory.packages.map((item) => item.name)).toContain('express');
    expect(second.inventory.problems.join('\n')).toContain('those of an earlier run are told');
  });
});

describe('a list of packages that cannot be read', () => {
  it('is never taken for an empty one', async () => {
    const machine = await enrolled(new Machine({ name: 'locked' }));
    await machine.agent('report');
    machine.stub('dpkg-query', "echo 'dpkg-query: error: status database is locked' >&2; exit 2");
    const finished = await machine.agent('report');
    expect(finished.code).toBe(1);
    expect(finished.stderr).toContain('status database is locked');
    expect(await service.rowOf('locked')).toMatchObject({ handleStatus: 'unhandled' });
  });

  it('of a package manager that a machine of dpkg has besides is named as a problem', async () => {
    const machine = new Machine();
    machine.write('var/lib/rpm/rpmdb.sqlite', '');
    machine.stub('rpm', "echo 'error: cannot open Packages database' >&2; exit 1");
    const { stdout } = await machine.agent('report', '--print');
    const { problems, packages } = parseReport(Buffer.from(stdout)).inventory;
    expect(problems.join('\n')).toContain('cannot open Packages database');
    expect(packages).toHaveLength(21);
  });
});

describe('two runs at once', () => {
  it('are one: the second says so and leaves', async () => {
    const machine = await enrolled(new Machine({ name: 'twice' }));
    const started = join(machine.folder, 'started');
    const go = join(machine.folder, 'go');
    machine.stub(
      'dpkg-query',
      `: >${started}; until [ -e ${go} ]; do sleep 0.02; done; cat ${join(machine.folder, 'dpkg.tsv')}`,
    );
    const first = machine.agent('report');
    await expect.poll(() => existsSync(started), { timeout: 60_000 }).toBe(true);
    const second = await machine.agent('report');
    expect(second.code).toBe(6);
    expect(second.stdout).toContain('another run is under way');
    writeFileSync(go, '');
    expect(await first).toMatchObject({ code: 0 });
    expect(machine.kept('spool/lock')).toBeUndefined();
  });

  it('are not seen in the lock of a run that was killed', async () => {
    const machine = await enrolled(new Machine({ name: 'killed' }));
    // Process 1 lives, but is no agent; the other number is beyond what Linux gives out.
    for (const left of ['1', '99999999']) {
      symlinkSync(`${left}.${bootId()}`, join(machine.state, 'spool/lock'));
      expect(await machine.agent('report')).toMatchObject({ code: 0 });
    }
  });
});

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
