/** `/metrics` of a whole service: who may read it, and that it counts what happens. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { type RunningParapet, startParapet } from '../../src/main.ts';
import { testDatabase } from '../database.ts';

const TOKEN = 'a-token-of-the-operator-0123456789';
const DEADLINE_MS = 30_000;
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

const { connectionString } = await testDatabase('empty');
const folder = mkdtempSync(join(tmpdir(), 'parapet-test-metrics-'));
const tokenFile = join(folder, 'token');
writeFileSync(tokenFile, `${TOKEN}\n`);
const running: RunningParapet[] = [];
afterAll(async () => {
  for (const parapet of running) await parapet.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(settings: Readonly<Record<string, string>>): Promise<RunningParapet> {
  const env = {
    DATABASE_URL: connectionString,
    PARAPET_PORT: '0',
    PARAPET_DATA_DIR: folder,
    PARAPET_ADMIN_PASSWORD: 'correct horse battery',
    ...settings,
  };
  const parapet = await startParapet(readConfig({ env, cwd: folder }), { log: silent });
  running.push(parapet);
  return parapet;
}

async function ask({ url }: RunningParapet, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${url}/metrics`, { headers });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

it('is open to nobody where there is no token', async () => {
  const parapet = await start({});
  const answer = await ask(parapet, { authorization: `Bearer ${TOKEN}` });
  expect(answer.status).toBe(403);
  expect(answer.text).toContain('PARAPET_METRICS_TOKEN_FILE');
  await parapet.close();
});

it('is open to the token alone, and counts what the service does', async () => {
  const parapet = await start({ PARAPET_METRICS_TOKEN_FILE: tokenFile });
  const logIn = await fetch(`${parapet.url}/v3/auth/tokens`, {
    method: 'POST',
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ['password'],
          password: {
            user: { name: 'admin', password: 'correct horse battery', domain: { name: 'parapet' } },
          },
        },
      },
    }),
  });
  const token = logIn.headers.get('x-subject-token') ?? '';
  for (const headers of [
    {},
    { authorization: 'Bearer' },
    { authorization: TOKEN },
    { authorization: `Basic ${TOKEN}` },
    { authorization: `Bearer ${TOKEN}x` },
    { authorization: `Bearer ${TOKEN} ${TOKEN}` },
    { authorization: `Bearer ${token}` },
    { 'x-auth-token': token },
  ]) {
    expect((await ask(parapet, headers)).status, JSON.stringify(headers)).toBe(401);
  }
  let answer = await ask(parapet, { authorization: `Bearer ${TOKEN}` });
  const deadline = performance.now() + DEADLINE_MS;
  // The read model loads meanwhile, and the jobs of the start run.
  while (
    !(answer.text.includes('{state="current"} 1') && answer.text.includes('outcome="done"')) &&
    performance.now() < deadline
  ) {
    answer = await ask(parapet, { authorization: `bearer ${TOKEN}` });
  }
  expect(answer.status).toBe(200);
  expect(answer.type).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
  const lines = answer.text.split('\n');
  for (const line of [
    'parapet_http_requests_in_flight 1',
    'parapet_http_request_duration_seconds_count{operation="KeystoneCreateUserTokenByPassword",status="201"} 1',
    'parapet_http_request_duration_seconds_count{operation="ShowMetrics",status="401"} 8',
    'parapet_database_up 1',
    'parapet_advisory_revision 0',
    'parapet_view_loads_total 1',
    'parapet_view_corrections_total 0',
    'parapet_following_packages 0',
    'parapet_unhandled_failures_total 0',
  ]) {
    expect(lines, line).toContain(line);
  }
  expect(answer.text).not.toContain('NaN');
});

it('refuses to start with a token that is none', async () => {
  const short = join(folder, 'short');
  writeFileSync(short, 'secret');
  for (const file of [short, join(folder, 'nowhere'), folder]) {
    await expect(start({ PARAPET_METRICS_TOKEN_FILE: file })).rejects.toThrow(/PARAPET_METRICS_TOKEN_FILE/);
  }
});
