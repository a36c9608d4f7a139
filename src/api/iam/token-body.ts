/** The body of a token as Keystone shows it (contract 4.1), when it is issued and when it is looked at. */
import type { User } from '../../identity/identity-store.ts';
import type { Project } from '../../identity/rights.ts';
import { keystoneTime } from './iam-parts.ts';

export function tokenBody(
  token: {
    readonly user: User;
    readonly project: Project | undefined;
    readonly issuedAt: number;
    readonly expiresAt: number;
  },
  catalog: { readonly publicUrl: string } | undefined,
): object {
  const { user, project } = token;
  const domain = { id: user.domainId, name: user.domainName };
  return {
    token: {
      methods: ['password'],
      issued_at: keystoneTime(token.issuedAt),
      expires_at: keystoneTime(token.expiresAt),
      user: { id: user.id, name: user.name, domain, password_expires_at: '' },
      ...(project === undefined ? { domain } : { project: { id: project.id, name: project.name, domain } }),
      roles: rolesOf(user, project),
      ...(catalog === undefined ? {} : { catalog: catalogOf(catalog.publicUrl, project) }),
    },
  };
}

/** Whether the answer leaves the catalog out: `nocatalog` with any value that is not empty. */
export function wantsCatalog(nocatalog: string | undefined): boolean {
  return nocatalog === undefined;
}

function rolesOf(user: User, project: Project | undefined): readonly object[] {
  const roles = user.grants
    .filter(
      (grant) => project === undefined || grant.projectId === undefined || grant.projectId === project.id,
    )
    .map((grant) => `hss_${grant.role}`);
  return [...new Set(roles)].sort().map((name) => ({ id: '0', name }));
}

function catalogOf(publicUrl: string, project: Project | undefined): readonly object[] {
  const region = project?.name ?? '*';
  const service = (type: string, url: string) => ({
    id: type,
    name: type,
    type,
    endpoints: [{ id: type, interface: 'public', region, region_id: region, url }],
  });
  return [
    service('iam', `${publicUrl}/v3`),
    service('hss', project === undefined ? `${publicUrl}/v5` : `${publicUrl}/v5/${project.id}`),
  ];
}
