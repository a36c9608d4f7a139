import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { AGENT_REQUESTS_MAX } from '../../src/api/agent/agent-limits.ts';
import { REPORT_BYTES_MAX } from '../../src/inventory/report.ts';
import { clientsHere, Machine } from './machine.ts';
import { openWire, testService } from './service.ts';

const service = await testService();

async function enrolled(
  name: string,
  url = service.url,
  client = clientsHere()[0] ?? 'curl',
): Promise<Machine> {
  const machine = new Machine({ name, client });
  expect(await machine.agent('enrol', url, await service.addToken())).toMatchObject({ code: 0 });
  return machine;
}

describe('while the service is away', () => {
  it.each(clientsHere())('the report is kept, and sent when it is back (%s)', async (client) => {
    const wire = await openWire(service.port);
    const machine = await enrolled(`away-${client}`, wire.url, client);
    const port = Number(new URL(wire.url).port);
    await wire.close();
    const failed = await machine.agent('report');
    expect(failed.code).toBe(4);
    expect(failed.stderr).toContain('cannot be reached');
    expect(failed.stderr).toContain('The report is kept');
    expect(machine.kept('spool/pending')).toMatch(/^parapet-report 1\n[\s\S]*\n\[end]\n$/);
    expect((await machine.agent('status')).code).toBe(4);
    await openWire(service.port, port);
    // A timed run waits; one by hand does not.
    const waiting = await machine.agent('report', '--scheduled');
    expect(waiting.code).toBe(4);
    expect(waiting.stdout).toContain('the next timed attempt is after');
    expect(await machine.agent('report')).toMatchObject({ code: 0, stderr: '' });
    expect(await service.rowOf(`away-${client}`)).toBeDefined();
    expect(machine.kept('spool/pending')).toBeUndefined();
    expect(machine.kept('spool/attempts')).toBeUndefined();
    expect(await machine.agent('report', '--scheduled')).toMatchObject({ code: 0 });
  });

  it('timed runs wait longer each time, up to six hours, and never because of a clock set back', async () => {
    const wire = await openWire(service.port);
    const machine = await enrolled('patient', wire.url);
    await wire.close();
    const waits: number[] = [];
    for (let attempt = 0; attempt < 6; attempt += 1) {
      await machine.agent('report');
      const [count, next] = (machine.kept('spool/attempts') ?? '').trim().split(' ').map(Number);
      expect(count).toBe(attempt + 1);
      waits.push((next ?? 0) - Date.now() / 1000);
    }
    // 30 minutes, doubled, less up to a quarter.
    expect(waits[0]).toBeLessThanOrEqual(1_800);
    expect(waits[2]).toBeGreaterThan(waits[0] ?? 0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(21_600);
    writeFileSync(join(machine.state, 'spool/attempts'), '3 99999999999\n');
    const finished = await machine.agent('report', '--scheduled');
    expect(finished.stderr).toContain('cannot be reached');
  });

  it('the newest report replaces the one that waits, and is sent even if another can no longer be made', async () => {
    const wire = await openWire(service.port);
    const machine = await enrolled('newest', wire.url);
    const port = Number(new URL(wire.url).port);
    await wire.close();
    await machine.agent('report');
    machine.setPackages('dpkg', 'bash\t5.0-4\tamd64\tbash\t5.0-4\tinstall ok installed\n');
    await machine.agent('report');
    machine.stub('dpkg-query', 'exit 2');
    await openWire(service.port, port);
    const finished = await machine.agent('report');
    expect(finished.code).toBe(1);
    expect(finished.stdout).toContain('the report was accepted: 1 package,');
    expect(await service.rowOf('newest')).toMatchObject({ handleStatus: 'handled' });
  });

  it('a connection that is cut in the middle leaves nothing at the service, and the report in the spool', async () => {
    const wire = await openWire(service.port);
    const machine = await enrolled('cut', wire.url);
    wire.cutAfterBytes = 900;
    const failed = await machine.agent('report');
    expect(failed.code).toBe(4);
    expect(wire.connections.at(-1)?.sent).toContain('POST /parapet/v1/agent/report');
    expect(await service.rowOf('cut')).toBeUndefined();
    wire.cutAfterBytes = undefined;
    expect(await machine.agent('report')).toMatchObject({ code: 0 });
    expect(await service.rowOf('cut')).toBeDefined();
  });
});

describe('an answer that is not of Parapet', () => {
  it.each([
    [503, 4, 'is not ready'],
    [429, 4, 'is not ready'],
    [404, 5, 'there is no Parapet at this address'],
    [302, 5, 'there is no Parapet at this address'],
    [200, 5, 'did not answer as Parapet does'],
  ])('with status %i is told in words, without what it says to a terminal', async (status, code, words) => {
    const server = createServer((_request, response) => {
      response.writeHead(status, { location: 'http://127.0.0.1:1/' });
      response.end('{"error_msg":"\u001b[31mred\\" and \\\\ more","credential":"bad credential; rm"}');
    });
    afterAll(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const machine = new Machine();
    const finished = await machine.agent('enrol', `http://127.0.0.1:${port}`, await service.addToken());
    expect(finished.code).toBe(code);
    expect(finished.stderr).toContain(words);
    expect(finished.stderr).not.toContain('\u001b');
    expect(machine.kept('agent.conf')).toBeUndefined();
  });
});

describe('what the service refuses', () => {
  async function send(body: Buffer | string, credential: string): Promise<string> {
    const response = await fetch(`${service.url}/parapet/v1/agent/report`, {
      method: 'POST',
      headers: { authorization: `Bearer ${credential}` },
      body: new Uint8Array(Buffer.from(body)),
    });
    return `${response.status} ${await response.text()}`;
  }

  it('is named, and leaves the server as it was', async () => {
    const machine = await enrolled('strict');
    await machine.agent('report');
    const before = await service.rowOf('strict');
    const credential = /^credential (\S+)$/m.exec(machine.kept('agent.conf') ?? '')?.[1] ?? '';
    const { stdout: report } = await machine.agent('report', '--print');
    service.clock.days = 2;
    expect(await send(report.slice(0, -20), credential)).toMatch(/^400 .*cut short/);
    expect(await send(report.replace('openssl\t1.1.1n', 'openssl\t1.1.1m'), credential)).toMatch(
      /^400 .*digest/,
    );
    expect(await send(gzipSync(report).subarray(0, 200), credential)).toMatch(/^400 .*gzip/);
    expect(await send(gzipSync(Buffer.alloc(REPORT_BYTES_MAX + 1)), credential)).toMatch(/^413 /);
    expect(await send('{"a":1}', credential)).toMatch(/^400 /);
    expect(await send('', credential)).toMatch(/^400 /);
    expect(await send(report, 'parapet-agent-unknown')).toMatch(/^401 .*enrol the server again/);
    service.clock.days = 0;
    expect(await service.rowOf('strict')).toEqual(before);
  });

  it('is asked too often', async () => {
    const machine = await enrolled('eager');
    const credential = /^credential (\S+)$/m.exec(machine.kept('agent.conf') ?? '')?.[1] ?? '';
    for (let count = 0; count < AGENT_REQUESTS_MAX; count += 1) await send('', credential);
    expect(await send('', credential)).toMatch(/^429 .*try again in 2 seconds/);
    const finished = await machine.agent('report');
    expect(finished.code).toBe(4);
    expect(finished.stderr).toContain('Too many requests from this agent');
    expect(machine.kept('spool/pending')).toBeDefined();
  });
});

describe('over TLS', async () => {
  const folder = join(import.meta.dirname, '../fixtures/tls');
  const cert = readFileSync(join(folder, 'cert.pem'), 'utf8');
  const secure = await testService({ tls: { cert, key: readFileSync(join(folder, 'key.pem'), 'utf8') } });

  it.each(clientsHere())('a certificate is checked, with --ca against the given one (%s)', async (client) => {
    const machine = new Machine({ client, name: `secure-${client}` });
    const token = await secure.addToken();
    const distrusted = await machine.agent('enrol', secure.url, token);
    expect(distrusted.code).toBe(4);
    expect(distrusted.stderr).toContain('certificate');
    expect(await secure.rows()).not.toContainEqual(expect.objectContaining({ name: `secure-${client}` }));
    const url = secure.url.replace('127.0.0.1', 'localhost');
    expect(await machine.agent('enrol', '--ca', join(folder, 'cert.pem'), url, token)).toMatchObject({
      code: 0,
      stderr: '',
    });
    expect(await machine.agent('report')).toMatchObject({ code: 0, stderr: '' });
    expect(await secure.rowOf(`secure-${client}`)).toBeDefined();
  });
});
