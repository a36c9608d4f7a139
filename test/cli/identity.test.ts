/** Projects, enterprise projects, users, keys and enrolment tokens: the commands, and what they leave for a login. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { isPasswordRight } from '../../src/identity/password.ts';
import { secretKeyOf } from '../../src/identity/secret-key.ts';
import { hashSecret } from '../../src/identity/token.ts';
import { findAccessKey } from '../../src/store/identity/find-access-key.ts';
import { findUserForLogin } from '../../src/store/identity/find-user-for-login.ts';
import { useEnrolmentToken } from '../../src/store/identity/use-enrolment-token.ts';
import { testCommandLine } from './command-line.ts';

const cli = await testCommandLine();

async function userForLogin(name: string) {
  return await findUserForLogin(cli.database, { user: { name }, domain: { name: 'parapet' } });
}

describe('parapet project and enterprise-project', () => {
  it('lists the project of the first start, makes another, and then asks which one is meant', async () => {
    expect(await cli.json(['project', 'list'])).toMatchObject([{ name: 'default', include_unfixed: false }]);
    expect(await cli.run(['project', 'create', 'eu-1'])).toMatchObject({ code: 0 });
    expect(await cli.run(['project', 'create', 'eu-1'])).toMatchObject({ code: 1 });
    const bad = await cli.run(['project', 'create', 'eu 1']);
    expect(bad).toMatchObject({ code: 2, out: '' });
    expect(bad.err).toMatch(/the name: must be 1 to 64 letters/);
    const { code, err } = await cli.run(['server', 'list']);
    expect(code).toBe(1);
    expect(err).toMatch(/default.*eu-1/);
    expect(await cli.run(['server', 'list', '--project', 'eu-1'])).toMatchObject({ code: 0 });
  });

  it('switches whether findings without a fix are listed', async () => {
    expect(await cli.run(['project', 'set', 'eu-1'])).toMatchObject({ code: 2 });
    expect(await cli.run(['project', 'set', 'eu-1', '--include-unfixed', 'maybe'])).toMatchObject({
      code: 2,
    });
    expect(await cli.run(['project', 'set', 'eu-1', '--include-unfixed', 'on'])).toMatchObject({ code: 0 });
    const projects = await cli.json<readonly { name: string; include_unfixed: boolean }[]>([
      'project',
      'list',
    ]);
    expect(projects.find((project) => project.name === 'eu-1')?.include_unfixed).toBe(true);
  });

  it('makes enterprise projects with an id of ones own, but not with the word for all', async () => {
    expect(await cli.run(['enterprise-project', 'create', 'payments', '--id', 'ep-1'])).toMatchObject({
      code: 0,
    });
    expect(await cli.run(['enterprise-project', 'create', 'x', '--id', 'all_granted_eps'])).toMatchObject({
      code: 2,
    });
    expect(await cli.run(['enterprise-project', 'create', 'other', '--id', 'ep-1'])).toMatchObject({
      code: 1,
      err: 'parapet: Taken already: enterprise project other, or its id ep-1\n',
    });
    expect(await cli.json(['enterprise-project', 'list'])).toMatchObject([
      { id: '0', name: 'default' },
      { id: 'ep-1', name: 'payments' },
    ]);
  });
});

describe('parapet user', () => {
  it('makes a user with a generated password that is shown once, and a right', async () => {
    const made = await cli.json<{ password: string }>([
      'user',
      'create',
      'ana',
      '--role',
      'read',
      '--enterprise-project',
      'payments',
      '--project',
      'eu-1',
    ]);
    const user = await userForLogin('ana');
    expect(await isPasswordRight(made.password, user?.passwordHash)).toBe(true);
    expect(user?.grants).toMatchObject([{ role: 'read', enterpriseProjectId: 'ep-1' }]);
    const list = await cli.run(['user', 'list']);
    expect(list.out).toContain('ana');
    expect(list.out).not.toContain(made.password);
  });

  it('takes a password from standard input, never from an argument', async () => {
    const given = await cli.run(['user', 'set-password', 'ana', '--password-stdin'], {
      stdin: 'pass wörd\nmore\n',
    });
    expect(given).toMatchObject({ code: 0 });
    expect(given.out).not.toContain('pass wörd');
    expect(await isPasswordRight('pass wörd', (await userForLogin('ana'))?.passwordHash)).toBe(true);
    expect(await cli.run(['user', 'set-password', 'ana', '--password-stdin'])).toMatchObject({ code: 1 });
    expect(await cli.run(['user', 'set-password', 'ana', 'secret'])).toMatchObject({ code: 2 });
  });

  it('asks twice on a terminal and shows nothing of what is typed', async () => {
    const typed = async (text: string) => {
      const terminal = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => terminal });
      terminal.end(text);
      return await cli.run(['user', 'set-password', 'ana', '--password-stdin'], { stdin: terminal });
    };
    const right = await typed('new one\rnew one\r');
    expect(right).toMatchObject({ code: 0, err: 'Password: \nThe same again: \n' });
    expect(right.out).not.toContain('new one');
    expect(await isPasswordRight('new one', (await userForLogin('ana'))?.passwordHash)).toBe(true);
    const wrong = await typed('newer\rnewest\r');
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('the two differ');
    expect(await isPasswordRight('new one', (await userForLogin('ana'))?.passwordHash)).toBe(true);
  });

  it('grants and takes rights, exactly where they are', async () => {
    expect(await cli.run(['user', 'grant', 'ana'])).toMatchObject({ code: 2 });
    expect(await cli.run(['user', 'grant', 'ana', '--role', 'god'])).toMatchObject({ code: 2 });
    expect(await cli.run(['user', 'grant', 'ana', '--role', 'operate'])).toMatchObject({ code: 0 });
    expect((await userForLogin('ana'))?.grants).toHaveLength(2);
    expect(await cli.run(['user', 'revoke', 'ana', '--project', 'default'])).toMatchObject({ code: 1 });
    expect(await cli.run(['user', 'revoke', 'ana'])).toMatchObject({ code: 0 });
    expect((await userForLogin('ana'))?.grants).toMatchObject([{ role: 'read' }]);
  });

  it('disables, enables and removes', async () => {
    expect(await cli.run(['user', 'disable', 'ana'])).toMatchObject({ code: 0 });
    expect((await userForLogin('ana'))?.enabled).toBe(false);
    expect(await cli.run(['user', 'enable', 'ana'])).toMatchObject({ code: 0 });
    expect((await userForLogin('ana'))?.enabled).toBe(true);
    expect(await cli.run(['user', 'remove', 'ana'])).toMatchObject({ code: 0 });
    expect(await userForLogin('ana')).toBeUndefined();
    const gone = await cli.run(['user', 'remove', 'ana']);
    expect(gone).toMatchObject({ code: 1, err: 'parapet: No user ana\n' });
  });

  it('says where nobody is left who may do everything, and gives the right back', async () => {
    const disabled = await cli.run(['user', 'disable', 'admin']);
    expect(disabled).toMatchObject({ code: 0, out: 'admin: disabled, tokens ended\n' });
    expect(disabled.err).toMatch(/^Nobody is left with the role admin everywhere/);
    expect((await cli.run(['user', 'create', 'boss', '--role', 'admin'])).err).toBe('');
    expect((await cli.run(['user', 'revoke', 'boss'])).err).toMatch(/^Nobody is left/);
    expect(await cli.run(['user', 'enable', 'admin'])).toMatchObject({ code: 0, err: '' });
    expect(await cli.run(['user', 'remove', 'boss'])).toMatchObject({ code: 0, err: '' });
  });
});

describe('parapet key', () => {
  it('makes a key whose secret opens under the key of the data folder, and removes it', async () => {
    const made = await cli.json<{ access_key: string; secret_key: string }>([
      'key',
      'create',
      '--description',
      'ci',
    ]);
    const stored = await findAccessKey(cli.database, made.access_key);
    if (stored === undefined) throw new Error('the key was not stored');
    const key = secretKeyOf(
      Buffer.from(readFileSync(join(cli.dataDir, 'secret-key'), 'latin1').trim(), 'hex'),
    );
    expect(key.open(stored.sealedSecretKey, made.access_key)).toBe(made.secret_key);
    const list = await cli.run(['key', 'list', '--user', 'admin']);
    expect(list.out).toContain(made.access_key);
    expect(list.out).not.toContain(made.secret_key);
    expect(await cli.run(['key', 'remove', made.access_key])).toMatchObject({ code: 0 });
    expect(await cli.run(['key', 'remove', made.access_key])).toMatchObject({ code: 1 });
    expect(await cli.run(['key', 'create', '--user', 'nobody'])).toMatchObject({ code: 1 });
  });
});

describe('parapet enrolment-token', () => {
  it('makes a token with defaults, uses and an end, shown once with the line to paste', async () => {
    const made = await cli.json<{ id: string; token: string; install: string }>([
      'enrolment-token',
      'create',
      '--project',
      'eu-1',
      '--name',
      'web',
      '--uses',
      '1',
      '--expires',
      '7',
      '--group',
      'edge',
      '--asset-value',
      'important',
      '--enterprise-project',
      'payments',
      '--edition',
      'basic',
    ]);
    expect(made.install).toBe(`curl -fsSL http://127.0.0.1:8080/agent/install.sh | sh -s -- ${made.token}`);
    const list = await cli.run(['enrolment-token', 'list', '--project', 'eu-1']);
    expect(list.out).toContain('web');
    expect(list.out).not.toContain(made.token);
    const use = async () =>
      await cli.database.transaction((tx) =>
        useEnrolmentToken(tx, { hash: hashSecret(made.token), at: Date.now() }),
      );
    expect(await use()).toMatchObject({
      enterpriseProjectId: 'ep-1',
      defaults: { groupName: 'edge', assetValue: 'important', edition: 'hss.version.basic' },
    });
    expect(await use()).toBeUndefined();
    expect(await cli.run(['enrolment-token', 'remove', made.id, '--project', 'eu-1'])).toMatchObject({
      code: 0,
    });
    expect(await cli.run(['enrolment-token', 'remove', made.id, '--project', 'eu-1'])).toMatchObject({
      code: 1,
    });
  });

  it.each([
    [['--uses', '0']],
    [['--expires', '-1']],
    [['--expires', '4000']],
    [['--public-ip', '203.0.113.1']],
    [['--name', '']],
  ])('refuses %j', async (options) => {
    const { code } = await cli.run(['enrolment-token', 'create', '--project', 'eu-1', ...options]);
    expect(code).toBe(2);
  });
});
