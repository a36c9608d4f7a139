import { existsSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installScript } from '../../src/api/agent/install-script.ts';
import { AGENT_SCRIPT, Machine, shellsHere } from './machine.ts';
import { testService } from './service.ts';

const service = await testService();
const configured = await testService({ publicUrl: 'https://parapet.example/prefix' });

/** `GET /agent/install.sh` with a Host of one's own, which fetch would not send. */
function fetchScript(
  port: number,
  host: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { port, host: '127.0.0.1', path: '/agent/install.sh', headers: { host } },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}

describe('install.sh', () => {
  it.each(shellsHere())('installs, enrols, reports and sets a timer, piped into %s', async (shell) => {
    const { text } = await fetchScript(service.port, `127.0.0.1:${service.port}`);
    const machine = new Machine({ shell, name: `installed-${shell}` });
    machine.write('etc/cron.d/.keep', '');
    const finished = await machine.runScript(text, await service.addToken());
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(machine.program, 'utf8')).toBe(readFileSync(AGENT_SCRIPT, 'utf8'));
    expect(await service.rowOf(`installed-${shell}`)).toBeDefined();
    expect(machine.read('etc/cron.d/parapet-agent')).toMatch(
      /^\d{1,2} \* \* \* \* root PARAPET_AGENT_DIR=\S+ \S+\/parapet-agent report --scheduled --quiet$/m,
    );
    // Once more, without a token: the agent is renewed and stays enrolled.
    expect(await machine.runScript(text)).toMatchObject({ code: 0, stderr: '' });
  });

  it('without a token on a machine that is not enrolled says what is missing', async () => {
    const { text } = await fetchScript(service.port, `127.0.0.1:${service.port}`);
    const finished = await new Machine().runScript(text);
    expect(finished.code).toBe(2);
    expect(finished.stderr).toContain('give a token');
  });

  it('that arrived only in part does nothing', async () => {
    const { text } = await fetchScript(service.port, `127.0.0.1:${service.port}`);
    const token = await service.addToken();
    for (const part of [0.02, 0.5, 0.999]) {
      const machine = new Machine();
      await machine.runScript(text.slice(0, Math.floor(text.length * part)), token);
      expect(existsSync(machine.program)).toBe(false);
      expect(machine.kept('agent.conf')).toBeUndefined();
    }
  });

  it('carries the address that was asked, and nothing that a shell would run', async () => {
    const asked = await fetchScript(service.port, 'parapet.example:8443');
    expect(asked.text).toContain("url='http://parapet.example:8443'");
    for (const host of ["x';reboot;'", 'x$(id)', 'a b', 'x`id`', '[::1', 'x:999999', '-x']) {
      const { status, text } = await fetchScript(service.port, host);
      expect(status).toBe(400);
      expect(text).not.toContain('install_parapet_agent');
    }
    expect((await fetchScript(configured.port, "x';reboot;'")).text).toContain(
      "url='https://parapet.example/prefix'",
    );
    expect(installScript("https://x/a'b", 'true\n')).toContain("url='https://x/a'\\''b'");
  });
});

describe('the timer', () => {
  async function installed(prepare: (machine: Machine) => void) {
    const machine = new Machine();
    prepare(machine);
    return { machine, finished: await machine.agent('install') };
  }

  it('is one of systemd where that runs, and goes with the agent', async () => {
    const { machine, finished } = await installed((prepared) => {
      prepared.write('run/systemd/system/.keep', '');
      prepared.stub('systemctl', `echo "$*" >>${join(prepared.folder, 'systemctl')}`);
    });
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    const unit = machine.read('etc/systemd/system/parapet-agent.service');
    expect(unit).toContain(`ExecStart=${machine.program} report --scheduled`);
    expect(unit).toContain(`Environment=PARAPET_AGENT_DIR=${machine.state}`);
    expect(machine.read('etc/systemd/system/parapet-agent.timer')).toContain('RandomizedDelaySec=');
    expect(existsSync(machine.program)).toBe(true);
    await machine.agent('enrol', service.url, await service.addToken());
    expect((await machine.agent('status')).stdout).toContain('parapet-agent.timer');
    const removed = await machine.agent('uninstall');
    expect(removed).toMatchObject({ code: 0, stderr: '' });
    expect(removed.stdout).toMatch(/parapet server remove [0-9a-f-]{36}/);
    expect(machine.has('etc/systemd/system/parapet-agent.timer')).toBe(false);
    expect(existsSync(machine.program)).toBe(false);
    expect(existsSync(machine.state)).toBe(false);
    expect(readFileSync(join(machine.folder, 'systemctl'), 'utf8').trim().split('\n')).toEqual([
      'daemon-reload',
      'enable --now parapet-agent.timer',
      'disable --now parapet-agent.timer',
      'daemon-reload',
    ]);
  });

  it('is a line of the crontab where there is no cron.d, and other lines stay', async () => {
    const { machine, finished } = await installed((prepared) => {
      prepared.write('crontab', '5 4 * * * backup\n');
      const table = join(prepared.root, 'crontab');
      prepared.stub(
        'crontab',
        `case $1 in -l) cat ${table} ;; -) cat >${table}.new; mv ${table}.new ${table} ;; esac`,
      );
    });
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(machine.read('crontab')).toMatch(
      /^5 4 \* \* \* backup\n\d+ \* \* \* \* .*report --scheduled --quiet # parapet-agent\n$/,
    );
    await machine.agent('install');
    expect(machine.read('crontab').match(/parapet-agent$/gm)).toHaveLength(1);
    await machine.agent('uninstall');
    expect(machine.read('crontab')).toBe('5 4 * * * backup\n');
  });

  it('is explained where a machine has neither', async () => {
    const { finished } = await installed(() => {});
    expect(finished.code).toBe(0);
    expect(finished.stdout).toContain('report --scheduled');
  });
});
