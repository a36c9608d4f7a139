/**
 * Who asks. A user comes with `X-Auth-Token` or with a request signed by an access key; an agent with its own credential
 * as a bearer. Failures are answered as the vendor's gateway answers them (contract 5.4): 401 where we do not know who
 * it is, 403 where we do and they may not.
 *
 * What is read from the store is kept for a few seconds (`FACTS_AGE_MAX_MS`), so that a busy client does not cost a
 * query a request; every change made through this process calls `forget`.
 */
import { appError } from '../errors.ts';
import { ExpiringCache } from '../identity/expiring-cache.ts';
import type {
  AccessKeyForSigning,
  AgentIdentity,
  IdentityStore,
  StoredToken,
  User,
} from '../identity/identity-store.ts';
import {
  type Caller,
  grantedEnterpriseProjects,
  mayRead,
  type Project,
  type Role,
  resolveEnterpriseProjects,
} from '../identity/rights.ts';
import {
  checkSignatureDate,
  isSignatureRight,
  parseAuthorization,
  quotedCanonicalRequest,
  type SignedRequest,
} from '../identity/signature.ts';
import { hashSecret } from '../identity/token.ts';
import type { InProject } from './endpoint.ts';

/** How long a change made by another process (a revoked token, a removed right) may stay unseen. */
export const FACTS_AGE_MAX_MS = 5_000;
const FACTS_ENTRIES_MAX = 10_000;

/** Longest X-Auth-Token (contract 0). */
export const TOKEN_CHARACTERS_MAX = 32_768;

const PROJECT_ID = /^[0-9A-Za-z_-]{1,64}$/;

/** The parts of a request that say who asks. `body` is read only if a signature covers it. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly headers: SignedRequest['headers'];
  readonly readBody: () => Promise<Buffer>;
}

export interface Authenticator {
  readonly identifyUser: (head: RequestHead) => Promise<Caller>;
  readonly identifyAgent: (head: RequestHead) => Promise<AgentIdentity>;
  /** Checks that the caller has `right` in the project; throws `project-forbidden` or `right-missing`. */
  readonly enterProject: (caller: Caller, projectId: string, right: Role) => Promise<InProject>;
  /** What a token stands for, whoever holds it; throws as `identifyUser` does. */
  readonly readToken: (token: string) => Promise<StoredToken>;
  /** Drops what is remembered; to be called after every change of identity. */
  readonly forget: () => void;
}

interface SigningKey extends AccessKeyForSigning {
  readonly secretKey: string;
}

export function createAuthenticator(parts: {
  readonly identity: IdentityStore;
  /** Opens a sealed secret key (identity/secret-key.ts). */
  readonly openSecretKey: (sealed: Buffer, accessKey: string) => string;
  readonly now: () => number;
}): Authenticator {
  const { identity, now } = parts;
  const limits = { entriesMax: FACTS_ENTRIES_MAX, ageMaxMs: FACTS_AGE_MAX_MS, now };
  const tokens = new ExpiringCache<StoredToken | undefined>(limits);
  const keys = new ExpiringCache<SigningKey | undefined>(limits);
  const agents = new ExpiringCache<AgentIdentity | undefined>(limits);
  const projects = new ExpiringCache<Project | undefined>(limits);
  const enterpriseProjects = new ExpiringCache<ReadonlySet<string>>(limits);

  async function readToken(token: string): Promise<StoredToken> {
    if (token.length > TOKEN_CHARACTERS_MAX) throw appError('token-unknown', {});
    const hash = hashSecret(token);
    const stored = await tokens.get(hash.toString('base64'), () => identity.findToken(hash));
    if (stored === undefined) throw appError('token-unknown', {});
    if (stored.expiresAt <= now()) {
      throw appError('token-expired', { expiresAt: new Date(stored.expiresAt).toISOString() });
    }
    if (stored.revoked || !stored.user.enabled) throw appError('token-revoked', {});
    return stored;
  }

  async function identifyByToken(token: string): Promise<Caller> {
    const { user, projectId } = await readToken(token);
    const caller = callerOf(user);
    return projectId === undefined ? caller : { ...caller, scopeProjectId: projectId };
  }

  function findKey(accessKey: string): Promise<SigningKey | undefined> {
    return keys.get(accessKey, async () => {
      const key = await identity.findAccessKey(accessKey);
      if (key === undefined) return undefined;
      return { ...key, secretKey: parts.openSecretKey(key.sealedSecretKey, accessKey) };
    });
  }

  async function identifyBySignature(head: RequestHead, authorization: string): Promise<Caller> {
    const signature = parseAuthorization(authorization);
    const { accessKey } = signature;
    const key = await findKey(accessKey);
    if (key === undefined || key.status !== 'active' || !key.user.enabled) {
      throw appError('access-key-unknown', { accessKey });
    }
    if (key.lockedUntil !== undefined && key.lockedUntil > now()) throw appError('access-key-locked', {});
    checkSignatureDate(headerText(head.headers, 'x-sdk-date'), now());
    const request = {
      method: head.method,
      target: head.target,
      headers: head.headers,
      body: await head.readBody(),
    };
    if (!isSignatureRight(request, signature, key.secretKey)) {
      await identity.recordSignatureFailure({ accessKey, at: now() });
      keys.delete(accessKey);
      const canonicalRequest = quotedCanonicalRequest(request, signature.signedHeaders);
      throw appError('signature-mismatch', { canonicalRequest });
    }
    await noteSuccess(accessKey, key);
    return callerOf(key.user);
  }

  // Written once per remembered key, not per request: `last_used` is exact to the minute, the count to a few seconds.
  const noted = new WeakSet<SigningKey>();
  async function noteSuccess(accessKey: string, key: SigningKey): Promise<void> {
    if (noted.has(key)) return;
    noted.add(key);
    await identity.recordSignatureSuccess({ accessKey, at: now() });
  }

  async function enterProject(caller: Caller, projectId: string, right: Role): Promise<InProject> {
    const project = PROJECT_ID.test(projectId)
      ? await projects.get(projectId, () => identity.findProject(projectId))
      : undefined;
    if (project === undefined || !mayRead(caller, project)) throw appError('project-forbidden', {});
    const where = { projectId: project.id, role: right };
    const grantedScope = grantedEnterpriseProjects(caller, where);
    if (grantedScope !== 'all' && grantedScope.length === 0) throw appError('right-missing', { right });
    const known = await enterpriseProjects.get(project.domainId, async () => {
      const listed = await identity.listEnterpriseProjects(project.domainId);
      return new Set(listed.map((enterpriseProject) => enterpriseProject.id));
    });
    return {
      caller,
      project,
      grantedScope,
      resolveScope: (parameter) =>
        resolveEnterpriseProjects(caller, { ...where, parameter, exists: (id) => known.has(id) }),
    };
  }

  return {
    identifyUser: (head) => {
      const token = headerText(head.headers, 'x-auth-token');
      if (token !== undefined && token !== '') return identifyByToken(token);
      const authorization = headerText(head.headers, 'authorization');
      if (authorization === undefined || authorization === '') throw appError('token-missing', {});
      return identifyBySignature(head, authorization);
    },
    identifyAgent: async (head) => {
      const [scheme, credential, more] = (headerText(head.headers, 'authorization') ?? '').split(' ');
      if (scheme?.toLowerCase() !== 'bearer' || credential === undefined || more !== undefined) {
        throw appError('credentials-malformed', {
          problem: 'Authorization: expected "Bearer <agent credential>"',
        });
      }
      const hash = hashSecret(credential);
      const agent = await agents.get(hash.toString('base64'), () => identity.findAgent(hash));
      if (agent === undefined) throw appError('agent-credential-unknown', {});
      return agent;
    },
    enterProject,
    readToken,
    forget: () => {
      for (const cache of [tokens, keys, agents, projects, enterpriseProjects]) cache.clear();
    },
  };
}

function callerOf(user: User): Caller {
  return {
    userId: user.id,
    userName: user.name,
    domainId: user.domainId,
    domainName: user.domainName,
    grants: user.grants,
  };
}

function headerText(headers: SignedRequest['headers'], name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
