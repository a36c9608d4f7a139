/** The first start: the domain, its administrator and the first project. */
import type { Domain } from './identity-store.ts';
import { hashPassword, newPassword } from './password.ts';
import type { Grant } from './rights.ts';
import { newId } from './token.ts';

export const FIRST_DOMAIN_NAME = 'parapet';
export const FIRST_USER_NAME = 'admin';

/** What a first start writes; the operations run in one transaction that no other process can run at the same time. */
export interface BootstrapStore {
  readonly findDomain: (name: string) => Promise<Domain | undefined>;
  readonly createDomain: (domain: Domain & { readonly createdAt: number }) => Promise<void>;
  readonly createProject: (project: {
    readonly id: string;
    readonly domainId: string;
    readonly name: string;
    readonly createdAt: number;
  }) => Promise<void>;
  readonly createUser: (user: {
    readonly id: string;
    readonly domainId: string;
    readonly name: string;
    readonly passwordHash: string;
    readonly createdAt: number;
  }) => Promise<void>;
  readonly saveGrant: (grant: {
    readonly userId: string;
    readonly grant: Grant;
    readonly grantedAt: number;
  }) => Promise<void>;
}

export interface FirstStart {
  readonly domainId: string;
  readonly projectId: string;
  readonly userId: string;
  /** The administrator's password where it was generated: it is shown once and kept nowhere. */
  readonly generatedPassword?: string;
}

/** Makes domain, administrator and first project; undefined where the domain is there already, and then nothing is done. */
export async function bootstrapIdentity(
  exclusively: <T>(work: (store: BootstrapStore) => Promise<T>) => Promise<T>,
  given: { readonly password: string | undefined; readonly projectName: string; readonly now: number },
): Promise<FirstStart | undefined> {
  const password = given.password ?? newPassword();
  return exclusively(async (store) => {
    if ((await store.findDomain(FIRST_DOMAIN_NAME)) !== undefined) return undefined;
    const createdAt = given.now;
    const domain = { id: newId(), name: FIRST_DOMAIN_NAME, createdAt };
    const project = { id: newId(), domainId: domain.id, name: given.projectName, createdAt };
    const passwordHash = await hashPassword(password);
    const user = { id: newId(), domainId: domain.id, name: FIRST_USER_NAME, passwordHash, createdAt };
    await store.createDomain(domain);
    await store.createProject(project);
    await store.createUser(user);
    await store.saveGrant({ userId: user.id, grant: { role: 'admin' }, grantedAt: createdAt });
    return {
      domainId: domain.id,
      projectId: project.id,
      userId: user.id,
      ...(given.password === undefined ? { generatedPassword: password } : {}),
    };
  });
}
