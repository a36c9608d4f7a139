/** `POST /v3/auth/tokens`: a token for a user's name and password (contract 4.1). */
import Type, { type Static } from 'typebox';
import { appError } from '../../errors.ts';
import type { UserForLogin } from '../../identity/identity-store.ts';
import { isPasswordRight } from '../../identity/password.ts';
import { mayRead, type Project } from '../../identity/rights.ts';
import { hashSecret, newSecret, TOKEN_LIFETIME_MS } from '../../identity/token.ts';
import { type Endpoint, openEndpoint } from '../endpoint.ts';
import { queryText } from '../strict-query.ts';
import type { IamParts } from './iam-parts.ts';
import { tokenBody, wantsCatalog } from './token-body.ts';

const LOGIN_BODY_BYTES_MAX = 64 * 1024;

// Longer than our own limits, so that what is too long is simply no known user rather than a malformed request.
const Text = Type.String({ minLength: 1, maxLength: 256 });
const Reference = Type.Object({ id: Type.Optional(Text), name: Type.Optional(Text) });

const LoginBody = Type.Object({
  auth: Type.Object({
    identity: Type.Object({
      methods: Type.Array(Type.String({ maxLength: 64 }), { minItems: 1, maxItems: 8 }),
      password: Type.Optional(
        Type.Object({
          user: Type.Object({
            id: Type.Optional(Text),
            name: Type.Optional(Text),
            password: Type.String({ maxLength: 4_096 }),
            domain: Type.Optional(Reference),
          }),
        }),
      ),
    }),
    scope: Type.Optional(
      Type.Object({
        project: Type.Optional(
          Type.Object({
            id: Type.Optional(Text),
            name: Type.Optional(Text),
            domain: Type.Optional(Reference),
          }),
        ),
        domain: Type.Optional(Reference),
      }),
    ),
  }),
});

type Scope = NonNullable<Static<typeof LoginBody>['auth']['scope']>;

export function createTokenEndpoint(parts: IamParts): Endpoint {
  return openEndpoint({
    operation: 'KeystoneCreateUserTokenByPassword',
    method: 'POST',
    url: '/v3/auth/tokens',
    summary: 'Obtain a token for a user name and password. It lives 24 hours.',
    query: { nocatalog: queryText({ min: 0, max: 256 }) },
    body: LoginBody,
    bodyBytesMax: LOGIN_BODY_BYTES_MAX,
    handler: async ({ body, query, remoteAddress }) => {
      const user = await logIn(parts, body, remoteAddress);
      const project = await projectOfScope(parts, user, body.auth.scope);
      const secret = newSecret('token');
      const issuedAt = parts.now();
      const token = { user, project, issuedAt, expiresAt: issuedAt + TOKEN_LIFETIME_MS };
      await parts.identity.saveToken({
        hash: hashSecret(secret),
        userId: user.id,
        projectId: project?.id,
        issuedAt,
        expiresAt: token.expiresAt,
      });
      const catalog = wantsCatalog(query.nocatalog) ? { publicUrl: parts.publicUrl() } : undefined;
      return { status: 201, headers: { 'X-Subject-Token': secret }, json: tokenBody(token, catalog) };
    },
  });
}

async function logIn(
  parts: IamParts,
  { auth }: Static<typeof LoginBody>,
  address: string,
): Promise<UserForLogin> {
  if (!auth.identity.methods.includes('password')) {
    throw appError('parameter-invalid', { name: 'auth.identity.methods', problem: 'must be ["password"]' });
  }
  const given = auth.identity.password?.user;
  if (given === undefined) throw appError('parameter-missing', { name: 'auth.identity.password' });
  const reference = referenceOf(given);
  if (reference === undefined)
    throw appError('parameter-missing', { name: 'auth.identity.password.user.name' });
  const domain = referenceOf(given.domain);
  if (domain === undefined && 'name' in reference) {
    throw appError('parameter-missing', { name: 'auth.identity.password.user.domain' });
  }
  const subject = JSON.stringify([reference, domain]);
  let user: UserForLogin | undefined;
  const isRight = await parts.loginLimiter.attempt({ user: subject, address }, async () => {
    user = await parts.identity.findUserForLogin({ user: reference, domain });
    // The password is checked first, so that a disabled user is not told apart from a wrong password by the time taken.
    return (await isPasswordRight(given.password, user?.passwordHash)) && user?.enabled === true;
  });
  if (!isRight || user === undefined) throw appError('login-failed', {});
  return user;
}

/** The project a token is asked for; undefined for the whole domain. A foreign and an unknown one get the same answer. */
async function projectOfScope(
  { identity }: IamParts,
  user: UserForLogin,
  scope: Scope | undefined,
): Promise<Project | undefined> {
  const project = scope?.project === undefined ? undefined : referenceOf(scope.project);
  if (project === undefined) {
    const domain = referenceOf(scope?.domain);
    if (domain !== undefined && !isDomainOf(user, domain))
      throw appError('scope-forbidden', { scope: 'this domain' });
    return undefined;
  }
  const projects = await identity.listProjects(user.domainId);
  const found = projects.find((each) =>
    'id' in project ? each.id === project.id : each.name === project.name,
  );
  const caller = {
    userId: user.id,
    userName: user.name,
    domainId: user.domainId,
    domainName: user.domainName,
  };
  const domain = referenceOf(scope?.project?.domain);
  if (
    found === undefined ||
    !mayRead({ ...caller, grants: user.grants }, found) ||
    (domain !== undefined && !isDomainOf(user, domain))
  ) {
    throw appError('scope-forbidden', { scope: 'this project' });
  }
  return found;
}

type ReferenceOf = { readonly id: string } | { readonly name: string };

function referenceOf(
  given: { readonly id?: string; readonly name?: string } | undefined,
): ReferenceOf | undefined {
  if (given?.id !== undefined) return { id: given.id };
  return given?.name === undefined ? undefined : { name: given.name };
}

function isDomainOf(user: UserForLogin, domain: ReferenceOf): boolean {
  return 'id' in domain ? domain.id === user.domainId : domain.name === user.domainName;
}
