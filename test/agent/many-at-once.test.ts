/** Reports of several servers that arrive in the same moment, through the agents' endpoint. */
import { describe, expect, it } from 'vitest';
import { hashSecret, newSecret } from '../../src/identity/token.ts';
import { digestOfBody } from '../../src/inventory/report.ts';
import { saveServer } from '../../src/store/fleet/save-server.ts';
import { saveAgentCredential } from '../../src/store/identity/save-agent-credential.ts';
import { testService } from './service.ts';

const service = await testService();
const { database, projectId } = service;

async function enrolled(name: string): Promise<string> {
  const credential = newSecret('agent');
  const identity = `agent:${name}`;
  const row = {
    projectId,
    newId: name,
    identity,
    agentId: '',
    machineId: '',
    name,
    publicIp: '',
    privateIp: '',
  };
  const { now } = service.clock.now();
  await saveServer(database, { ...row, osType: 'Linux', system: '', osName: '', settings: {}, now });
  const hash = hashSecret(credential);
  await saveAgentCredential(database, { projectId, serverId: name, hash, createdAt: now });
  return credential;
}

async function report(credential: string, systemd: string, machine = ''): Promise<Response> {
  const body = [
    '[server]',
    `machine-id ${machine}`,
    '[os-release]',
    'ID=debian',
    'VERSION_ID="10"',
    '[packages dpkg]',
    `libsystemd0\t${systemd}\tamd64\tsystemd\t${systemd}\tinstall ok installed`,
    '[end]\n',
  ].join('\n');
  const head = `parapet-report 1\ncollected-at 1764000000\ndigest ${digestOfBody(Buffer.from(body))}\n`;
  return await fetch(`${service.url}/parapet/v1/agent/report`, {
    method: 'POST',
    headers: { authorization: `Bearer ${credential}`, 'content-type': 'text/plain' },
    body: `${head}${body}`,
  });
}

const OLD = '241-7~deb10u8';
const FIXED = '241-7~deb10u9';

describe('reports that arrive at once', () => {
  it('are each accepted and in the view, also two of one server', async () => {
    const credentials = await Promise.all(['a', 'b', 'c'].map(enrolled));
    const [a = '', b = '', c = ''] = credentials;
    const answers = await Promise.all([report(a, OLD), report(b, OLD), report(c, FIXED), report(b, OLD)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await answers[3]?.json()).toMatchObject({ server_id: 'b', packages: 1, problems: 0 });
    const counts = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => (await service.rowOf(name))?.counts.high),
    );
    expect(counts).toEqual([1, 1, 0]);
  });

  it('cost the others nothing where one of them fails', async () => {
    const credentials = await Promise.all(['d', 'bad', 'e'].map(enrolled));
    await database.query(
      `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'this one is bad'; END $$;
       CREATE TRIGGER refuse BEFORE UPDATE ON server FOR EACH ROW WHEN (OLD.id = 'bad') EXECUTE FUNCTION refuse()`,
    );
    const answers = await Promise.all([...credentials, ...credentials].map((own) => report(own, OLD)));
    expect(answers.map(({ status }) => status)).toEqual([200, 500, 200, 200, 500, 200]);
    expect(await service.rowOf('e')).toMatchObject({ counts: { high: 1 } });
    await database.query('DROP TRIGGER refuse ON server');
  });

  it('tell a clone who it is, and leave its original alone', async () => {
    const credential = await enrolled('f');
    const first = await report(credential, OLD, 'machine-of-f');
    expect(await first.json()).not.toHaveProperty('credential');
    const answers = await Promise.all([
      report(credential, OLD, 'machine-of-f'),
      report(credential, FIXED, 'another-machine'),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(await answers[0]?.json()).toMatchObject({ server_id: 'f' });
    const clone = await answers[1]?.json();
    expect(clone).toMatchObject({ credential: expect.any(String) });
    expect(clone).not.toMatchObject({ server_id: 'f' });
    const [original] = await database.query<{ open_count: number }>(
      `SELECT open_count FROM server WHERE id = 'f'`,
    );
    expect(original?.open_count).toBe(1);
  });
});
