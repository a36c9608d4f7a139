import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AGENT_CLONES_MAX } from '../../src/jobs/enrol-agent.ts';
import { saveServer } from '../../src/store/fleet/save-server.ts';
import { Machine } from './machine.ts';
import { testService } from './service.ts';

const service = await testService();
/** For guesses of tokens: the address they come from is held up afterwards. */
const guessed = await testService();

describe('enrolment', () => {
  it('keeps a credential that only its owner can read, and gives the server what the token says', async () => {
    const machine = new Machine({ name: 'web-01' });
    const token = await service.addToken({
      defaults: { groupName: 'edge', assetValue: 'important', regionName: 'cn-north-4', clusterId: 'c-1' },
    });
    const finished = await machine.agent('enrol', service.url, token);
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(statSync(join(machine.state, 'agent.conf')).mode & 0o777).toBe(0o600);
    expect(machine.kept('agent.conf')).not.toContain(token);
    await machine.agent('report');
    expect(await service.rowOf('web-01')).toMatchObject({
      groupName: 'edge',
      assetValue: 'important',
      region: 'cn-north-4',
      nodeType: 'cce',
      agentId: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });

  it('with a wrong, expired or spent token is refused in words and changes nothing', async () => {
    const spent = await service.addToken({ usesLeft: 1 });
    await new Machine().agent('enrol', service.url, spent);
    const expired = await service.addToken({ expiresAt: service.clock.now().now - 1 });
    for (const token of [`parapet-enrol-${'x'.repeat(43)}`, spent, expired]) {
      const machine = new Machine();
      const finished = await machine.agent('enrol', service.url, token);
      expect(finished.code).toBe(5);
      expect(finished.stderr).toContain('enrolment token is unknown, expired or used up');
      expect(machine.kept('agent.conf')).toBeUndefined();
      expect((await machine.agent('report')).code).toBe(3);
    }
  });

  it('reads the token from stdin, so that no other user sees it', async () => {
    const machine = new Machine();
    const token = await service.addToken();
    const script = `printf '%s\\n' '${token}' | sh ${join(import.meta.dirname, '../../src/agent/parapet-agent.sh')} enrol ${service.url} -`;
    expect(await machine.runScript(script)).toMatchObject({ code: 0, stderr: '' });
  });

  it('of an enrolled machine changes nothing, and with --again keeps the server and replaces the credential', async () => {
    const machine = new Machine({ name: 'again' });
    await machine.agent('enrol', service.url, await service.addToken());
    await machine.agent('report');
    const first = machine.kept('agent.conf');
    const kept = await machine.agent('enrol', service.url, await service.addToken());
    expect(kept).toMatchObject({ code: 0 });
    expect(kept.stdout).toContain('enrolled already');
    expect(machine.kept('agent.conf')).toBe(first);
    const earlier = await service.rowOf('again');
    await machine.agent('enrol', '--again', service.url, await service.addToken());
    expect(machine.kept('agent.conf')).not.toBe(first);
    expect(await machine.agent('report')).toMatchObject({ code: 0 });
    expect((await service.rows()).filter((row) => row.name === 'again')).toEqual([earlier]);
    const refused = await ask('/parapet/v1/agent/unchanged', credentialIn(first), {
      digest: `sha256:${'0'.repeat(64)}`,
      machine_id: '',
    });
    expect(refused.status).toBe(401);
  });

  it('refuses addresses and tokens that are none before anything is sent', async () => {
    const machine = new Machine();
    const token = await service.addToken();
    for (const url of ['ftp://x', 'http://user:secret@x', 'http://x/?a=b', 'http://x/"\nheader', 'x']) {
      expect(await machine.agent('enrol', url, token)).toMatchObject({ code: 2 });
    }
    expect(await machine.agent('enrol', service.url, 'a b"c')).toMatchObject({ code: 2 });
    expect(await machine.agent('enrol', service.url)).toMatchObject({ code: 2 });
    expect(await machine.agent('nonsense')).toMatchObject({ code: 2 });
  });

  it('is slowed down where tokens are tried from one address', async () => {
    const answers: number[] = [];
    for (let tries = 0; tries < 40; tries += 1) {
      const { status } = await ask(
        '/parapet/v1/agent/enrol',
        'parapet-enrol-guess',
        { machine_id: '', name: 'x' },
        guessed.url,
      );
      answers.push(status);
    }
    expect(answers.slice(0, 30).every((status) => status === 401)).toBe(true);
    expect(answers.at(-1)).toBe(429);
  });
});

describe('a cloned machine', () => {
  it('becomes a second server with the settings of the first and a credential of its own', async () => {
    const original = new Machine({ name: 'original' });
    await original.agent('enrol', service.url, await service.addToken({ defaults: { groupName: 'golden' } }));
    await original.agent('report');
    const clone = original.clone({ machineId: 'aaaabbbbccccddddeeeeffff00001111', name: 'clone' });
    const finished = await clone.agent('report');
    expect(finished).toMatchObject({ code: 0, stderr: '' });
    expect(finished.stdout).toContain('a server of its own');
    const first = await service.rowOf('original');
    const second = await service.rowOf('clone');
    expect(first?.id).not.toBe(second?.id);
    expect(second).toMatchObject({ groupName: 'golden', counts: first?.counts });
    expect(clone.kept('agent.conf')).not.toBe(original.kept('agent.conf'));
    for (const machine of [original, clone]) {
      expect((await machine.agent('report')).stdout).toContain('nothing has changed');
    }
  });

  it('whose answer was lost is the same second server when it asks again', async () => {
    const original = new Machine({ name: 'lost-original' });
    await original.agent('enrol', service.url, await service.addToken());
    await original.agent('report');
    const credential = credentialIn(original.kept('agent.conf'));
    const question = { digest: `sha256:${'0'.repeat(64)}`, machine_id: 'ffffeeeeddddccccbbbbaaaa99998888' };
    const answers = [
      await ask('/parapet/v1/agent/unchanged', credential, question),
      await ask('/parapet/v1/agent/unchanged', credential, question),
    ];
    const [first, second] = answers.map(({ body }) => body);
    expect(first?.['server_id']).toBe(second?.['server_id']);
    expect(first?.['credential']).not.toBe(second?.['credential']);
    expect(second).toMatchObject({ full_report_wanted: true });
  });

  it('beyond the most that may share an enrolment is refused in words', async () => {
    const original = new Machine({ name: 'many' });
    await original.agent('enrol', service.url, await service.addToken());
    const [server] = await service.database.query<{ identity: string }>(
      "SELECT identity FROM server WHERE name = 'many'",
    );
    for (let clone = 0; clone < AGENT_CLONES_MAX; clone += 1) {
      await saveServer(service.database, {
        projectId: service.projectId,
        identity: `${server?.identity ?? ''}:${clone}`,
        newId: `clone-${clone}`,
        agentId: '',
        machineId: String(clone),
        name: 'one of many',
        publicIp: '',
        privateIp: '',
        osType: 'Linux',
        system: '',
        osName: '',
        settings: {},
        now: 0,
      });
    }
    const credential = credentialIn(original.kept('agent.conf'));
    const question = { digest: `sha256:${'0'.repeat(64)}`, machine_id: 'another' };
    const refused = await ask('/parapet/v1/agent/unchanged', credential, question);
    expect(refused.status).toBe(409);
    expect(refused.body['error_msg']).toContain('enrol this one with a token');
  });
});

function credentialIn(conf: string | undefined): string {
  return /^credential (\S+)$/m.exec(conf ?? '')?.[1] ?? '';
}

async function ask(
  path: string,
  bearer: string,
  body: object,
  url = service.url,
): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answered: unknown = await response.json();
  return { status: response.status, body: Object.fromEntries(Object.entries(answered ?? {})) };
}
