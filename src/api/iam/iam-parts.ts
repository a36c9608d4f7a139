/** What the IAM endpoints (contract chapter 4) are made of, and the shapes they share. */
import type { IdentityStore } from '../../identity/identity-store.ts';
import type { LoginLimiter } from '../../identity/login-limiter.ts';
import type { Caller, Project } from '../../identity/rights.ts';
import { mayRead } from '../../identity/rights.ts';
import type { SecretKey } from '../../identity/secret-key.ts';
import type { Authenticator } from '../authenticate.ts';

export interface IamParts {
  readonly identity: IdentityStore;
  readonly authenticator: Authenticator;
  readonly loginLimiter: LoginLimiter;
  readonly secretKey: SecretKey;
  /** `PARAPET_PUBLIC_URL`, or the address listened on; without a slash at its end. Asked on each request. */
  readonly publicUrl: () => string;
  readonly now: () => number;
}

/** The projects in which the caller has any right, by name. */
export async function projectsOf(identity: IdentityStore, caller: Caller): Promise<readonly Project[]> {
  const projects = await identity.listProjects(caller.domainId);
  return projects.filter((project) => mayRead(caller, project));
}

/** A time as Keystone writes it: UTC with six digits of a second. */
export function keystoneTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** `links` of a list that comes in one page. */
export function listLinks(self: string): object {
  return { self, previous: null, next: null };
}
