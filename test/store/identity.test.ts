import { describe, expect, it } from 'vitest';
import { bootstrapIdentity } from '../../src/identity/bootstrap.ts';
import { isPasswordRight } from '../../src/identity/password.ts';
import { hashSecret, newId, newSecret } from '../../src/identity/token.ts';
import { bootstrapExclusively } from '../../src/store/identity/bootstrap-exclusively.ts';
import { claimSecretKey } from '../../src/store/identity/claim-secret-key.ts';
import { createEnterpriseProject } from '../../src/store/identity/create-enterprise-project.ts';
import { createProject } from '../../src/store/identity/create-project.ts';
import { createUser } from '../../src/store/identity/create-user.ts';
import { deleteAgentCredential } from '../../src/store/identity/delete-agent-credential.ts';
import { deleteEnrolmentToken } from '../../src/store/identity/delete-enrolment-token.ts';
import { deleteExpiredTokens } from '../../src/store/identity/delete-expired-tokens.ts';
import { deleteGrant } from '../../src/store/identity/delete-grant.ts';
import { deleteUser } from '../../src/store/identity/delete-user.ts';
import { findAgent } from '../../src/store/identity/find-agent.ts';
import { findDomain } from '../../src/store/identity/find-domain.ts';
import { findSecretKeyFingerprint } from '../../src/store/identity/find-secret-key-fingerprint.ts';
import { findToken } from '../../src/store/identity/find-token.ts';
import { findUserForLogin } from '../../src/store/identity/find-user-for-login.ts';
import { listEnrolmentTokens } from '../../src/store/identity/list-enrolment-tokens.ts';
import { listEnterpriseProjects } from '../../src/store/identity/list-enterprise-projects.ts';
import { listProjects } from '../../src/store/identity/list-projects.ts';
import { listUsers } from '../../src/store/identity/list-users.ts';
import { openIdentityStore } from '../../src/store/identity/open-identity-store.ts';
import { ACCESS_KEYS_PER_USER_MAX, saveAccessKey } from '../../src/store/identity/save-access-key.ts';
import { saveAgentCredential } from '../../src/store/identity/save-agent-credential.ts';
import { saveEnrolmentToken } from '../../src/store/identity/save-enrolment-token.ts';
import { saveGrant } from '../../src/store/identity/save-grant.ts';
import { EXPIRED_TOKEN_KEPT_MS, saveToken } from '../../src/store/identity/save-token.ts';
import { useEnrolmentToken } from '../../src/store/identity/use-enrolment-token.ts';
import { testDatabase } from '../database.ts';

const { database } = await testDatabase();
const NOW = Date.UTC(2026, 0, 2);
const bootstrap = (password: string | undefined) =>
  bootstrapIdentity(bootstrapExclusively(database), { password, projectName: 'default', now: NOW });

// Several processes may start at once; the database decides which of them is the first.
const starts = await Promise.all([bootstrap(undefined), bootstrap(undefined), bootstrap(undefined)]);
const [first] = starts.filter((start) => start !== undefined);
if (first === undefined) throw new Error('no start was the first');
const { domainId, projectId } = first;

async function addUser(name: string): Promise<string> {
  const id = newId();
  await createUser(database, { id, domainId, name, passwordHash: 'none', createdAt: NOW });
  return id;
}

describe('a first start', () => {
  it('happens once, of however many processes', async () => {
    expect(starts.filter((start) => start !== undefined)).toHaveLength(1);
    expect(await bootstrap('again')).toBeUndefined();
  });

  it('makes domain, project, built-in enterprise project, and an administrator with the password shown', async () => {
    expect(await findDomain(database, 'parapet')).toEqual({ id: domainId, name: 'parapet' });
    expect(projectId).toMatch(/^[0-9a-f]{32}$/);
    expect(await listProjects(database, domainId)).toEqual([
      { id: projectId, domainId, name: 'default', enabled: true },
    ]);
    expect(await listEnterpriseProjects(database, domainId)).toEqual([
      { id: '0', domainId, name: 'default', enabled: true },
    ]);
    const admin = await findUserForLogin(database, { user: { name: 'admin' }, domain: { name: 'parapet' } });
    expect(admin?.grants).toEqual([{ role: 'admin' }]);
    expect(await isPasswordRight(first.generatedPassword ?? '', admin?.passwordHash)).toBe(true);
  });
});

describe('names', () => {
  it('are taken once in a domain', async () => {
    await addUser('twin');
    await expect(addUser('twin')).rejects.toMatchObject({ code: 'identity-exists', message: /user twin/ });
    const project = { id: newId(), domainId, name: 'default', createdAt: NOW };
    await expect(createProject(database, project)).rejects.toMatchObject({ code: 'identity-exists' });
    const enterpriseProject = { domainId, id: '0', name: 'other', createdAt: NOW };
    await expect(createEnterpriseProject(database, enterpriseProject)).rejects.toMatchObject({
      code: 'identity-exists',
    });
  });
});

describe('a grant', () => {
  it('replaces the role at its place, and is taken back at exactly that place', async () => {
    const userId = await addUser('granted');
    const grantsOf = async () =>
      (await listUsers(database, domainId)).find(({ id }) => id === userId)?.grants;
    await saveGrant(database, { userId, grant: { role: 'read' }, grantedAt: NOW });
    await saveGrant(database, { userId, grant: { role: 'operate' }, grantedAt: NOW });
    await saveGrant(database, {
      userId,
      grant: { projectId, enterpriseProjectId: '0', role: 'read' },
      grantedAt: NOW,
    });
    expect(await grantsOf()).toEqual(
      expect.arrayContaining([{ role: 'operate' }, { projectId, enterpriseProjectId: '0', role: 'read' }]),
    );
    expect(await deleteGrant(database, { userId, projectId, enterpriseProjectId: undefined })).toBe(false);
    expect(
      await deleteGrant(database, { userId, projectId: undefined, enterpriseProjectId: undefined }),
    ).toBe(true);
    expect(await grantsOf()).toEqual([{ projectId, enterpriseProjectId: '0', role: 'read' }]);
  });

  it('needs a user, a project and an enterprise project that exist', async () => {
    const userId = await addUser('nowhere');
    for (const grant of [
      { projectId: 'none', role: 'read' },
      { enterpriseProjectId: 'none', role: 'read' },
    ] as const) {
      await expect(saveGrant(database, { userId, grant, grantedAt: NOW })).rejects.toMatchObject({
        code: 'identity-not-found',
      });
    }
    await expect(
      saveGrant(database, { userId: 'none', grant: { role: 'read' }, grantedAt: NOW }),
    ).rejects.toMatchObject({ code: 'identity-not-found' });
  });
});

describe('a user', () => {
  it('is found by name only together with the domain', async () => {
    await addUser('found');
    const find = (domain: { name: string } | { id: string } | undefined) =>
      findUserForLogin(database, { user: { name: 'found' }, domain });
    expect(await find({ id: domainId })).toMatchObject({ name: 'found', domainName: 'parapet' });
    expect(await find({ name: 'other' })).toBeUndefined();
    expect(await find(undefined)).toBeUndefined();
  });

  it('has a bounded number of access keys', async () => {
    const userId = await addUser('collector');
    const save = (n: number) =>
      saveAccessKey(database, {
        accessKey: `AK${n}`,
        userId,
        sealedSecretKey: Buffer.alloc(1),
        description: '',
        createdAt: NOW,
      });
    for (let n = 0; n < ACCESS_KEYS_PER_USER_MAX; n++) await save(n);
    await expect(save(ACCESS_KEYS_PER_USER_MAX)).rejects.toMatchObject({ code: 'identity-limit' });
    expect(await deleteUser(database, userId)).toBe(true);
    expect(await database.query('SELECT FROM access_key WHERE user_id = $1', [userId])).toHaveLength(0);
  });
});

describe('a login token that expired', () => {
  it('is still known for a day, so that its holder is told so, and is then deleted', async () => {
    const userId = await addUser('tokens');
    const save = async (expiresAt: number): Promise<Buffer> => {
      const hash = hashSecret(newSecret('token'));
      await saveToken(database, { hash, userId, projectId: undefined, issuedAt: NOW, expiresAt });
      return hash;
    };
    const [older, newer] = [await save(NOW + 1), await save(NOW + 60_000)];
    const dayAfter = NOW + 2 + EXPIRED_TOKEN_KEPT_MS;
    expect(await deleteExpiredTokens(database, NOW + 2 - EXPIRED_TOKEN_KEPT_MS)).toBe(0);
    expect(await findToken(database, older)).toMatchObject({ expiresAt: NOW + 1 });
    expect(await deleteExpiredTokens(database, dayAfter - EXPIRED_TOKEN_KEPT_MS)).toBe(1);
    expect(await findToken(database, older)).toBeUndefined();
    expect(await findToken(database, newer)).toMatchObject({ expiresAt: NOW + 60_000 });
  });
});

describe('an enrolment token', () => {
  const enrolment = (given: { expiresAt?: number; usesLeft?: number }) => ({
    token: {
      id: newId(),
      projectId,
      enterpriseProjectId: '0',
      name: 'web servers',
      defaults: { groupName: 'edge', assetValue: 'important', regionName: 'cn-north-4' },
      createdAt: NOW,
      ...given,
    },
    hash: hashSecret(newSecret('enrol')),
  });

  it('is used as often as it says, also by many at once', async () => {
    const { token, hash } = enrolment({ usesLeft: 3 });
    await saveEnrolmentToken(database, { token, hash });
    const uses = await Promise.all(
      Array.from({ length: 8 }, () => useEnrolmentToken(database, { hash, at: NOW })),
    );
    const granted = uses.filter((use) => use !== undefined);
    expect(granted).toHaveLength(3);
    expect(granted[0]).toMatchObject({ ...token, usesLeft: expect.any(Number) });
    expect((await listEnrolmentTokens(database, projectId)).find(({ id }) => id === token.id)?.usesLeft).toBe(
      0,
    );
  });

  it('without a number of uses goes on until it expires or is deleted', async () => {
    const { token, hash } = enrolment({ expiresAt: NOW + 1_000 });
    await saveEnrolmentToken(database, { token, hash });
    for (let n = 0; n < 5; n++) expect(await useEnrolmentToken(database, { hash, at: NOW })).toEqual(token);
    expect(await useEnrolmentToken(database, { hash, at: NOW + 1_000 })).toBeUndefined();
    expect(await deleteEnrolmentToken(database, { projectId, id: token.id })).toBe(true);
    expect(await useEnrolmentToken(database, { hash, at: NOW })).toBeUndefined();
  });

  it('costs no use where the enrolment fails, and needs an enterprise project that exists', async () => {
    const { token, hash } = enrolment({ usesLeft: 1 });
    await saveEnrolmentToken(database, { token, hash });
    const failed = database.transaction(async (tx) => {
      expect(await useEnrolmentToken(tx, { hash, at: NOW })).toBeDefined();
      throw new Error('the enrolment failed');
    });
    await expect(failed).rejects.toThrow('the enrolment failed');
    expect(await useEnrolmentToken(database, { hash, at: NOW })).toBeDefined();
    const elsewhere = { ...enrolment({}), token: { ...token, id: newId(), enterpriseProjectId: 'none' } };
    await expect(saveEnrolmentToken(database, elsewhere)).rejects.toMatchObject({
      code: 'identity-not-found',
    });
  });
});

describe('an agent credential', () => {
  it('stands for one server; a new one replaces it', async () => {
    const [old, present] = [hashSecret(newSecret('agent')), hashSecret(newSecret('agent'))];
    const of = (hash: Buffer) => ({ projectId, serverId: 's-1', hash, createdAt: NOW });
    await saveAgentCredential(database, of(old));
    expect(await findAgent(database, old)).toEqual({ projectId, serverId: 's-1' });
    await saveAgentCredential(database, of(present));
    expect(await findAgent(database, old)).toBeUndefined();
    expect(await findAgent(database, present)).toEqual({ projectId, serverId: 's-1' });
    expect(await deleteAgentCredential(database, { projectId, serverId: 's-1' })).toBe(true);
    expect(await findAgent(database, present)).toBeUndefined();
  });

  it('is found beside those that are asked for in the same moment, each for itself', async () => {
    const hashes = ['a', 'b', 'c'].map(() => hashSecret(newSecret('agent')));
    for (const [at, hash] of hashes.entries())
      await saveAgentCredential(database, { projectId, serverId: `together-${at}`, hash, createdAt: NOW });
    const [a, b, c] = hashes;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three were made');
    const store = openIdentityStore(database);
    const asked = [b, hashSecret('no credential'), a, c, a];
    const found = await Promise.all(asked.map((hash) => store.findAgent(hash)));
    expect(found.map((agent) => agent?.serverId)).toEqual([
      'together-1',
      undefined,
      'together-0',
      'together-2',
      'together-0',
    ]);
  });
});

describe('the fingerprint of the secret key', () => {
  it('is that of whoever came first', async () => {
    expect(await findSecretKeyFingerprint(database)).toBeUndefined();
    const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    expect(await claimSecretKey(database, one)).toEqual(one);
    expect(await claimSecretKey(database, two)).toEqual(one);
    expect(await findSecretKeyFingerprint(database)).toEqual(one);
  });
});
