/**
 * Who may see and do what. A right is a grant: a role in one project or all of the domain's, for one enterprise project
 * or all. Everything here is pure; who the caller is, is established by `api/authenticate.ts`.
 */
import { appError } from '../errors.ts';

/** From least to most: a later role includes the earlier ones. */
export const ROLES = ['read', 'operate', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** The built-in enterprise project, which always exists; what `enterprise_project_id` means when it is left out. */
export const DEFAULT_ENTERPRISE_PROJECT_ID = '0';

/** The value of `enterprise_project_id` that stands for every enterprise project granted to the caller. */
export const ALL_GRANTED_ENTERPRISE_PROJECTS = 'all_granted_eps';

export interface Grant {
  /** Absent: every project of the user's domain. */
  readonly projectId?: string;
  /** Absent: every enterprise project. */
  readonly enterpriseProjectId?: string;
  readonly role: Role;
}

export interface Project {
  /** 32 lower-case hexadecimal digits. */
  readonly id: string;
  readonly domainId: string;
  /** Also the region name by which clients discover the project; unique in the domain. */
  readonly name: string;
  readonly enabled: boolean;
}

/** An authenticated user. */
export interface Caller {
  readonly userId: string;
  readonly userName: string;
  readonly domainId: string;
  readonly domainName: string;
  /** The project a token was issued for; absent for a token of the whole domain and for a signed request. */
  readonly scopeProjectId?: string;
  readonly grants: readonly Grant[];
}

/** The enterprise projects a request is about; `all` includes those made later. */
export type EnterpriseProjectScope = 'all' | readonly string[];

/** Whether the caller has any right in the project (contract 5.1: a token scoped to another project does not count). */
export function mayRead(caller: Caller, project: Project): boolean {
  if (project.domainId !== caller.domainId || !project.enabled) return false;
  if (caller.scopeProjectId !== undefined && caller.scopeProjectId !== project.id) return false;
  return caller.grants.some((grant) => appliesTo(grant, project.id));
}

/** Whether the caller holds `role` over the whole domain: every project and every enterprise project. */
export function holdsEverywhere(caller: Caller, role: Role): boolean {
  return caller.grants.some(
    (grant) =>
      grant.projectId === undefined && grant.enterpriseProjectId === undefined && includes(grant.role, role),
  );
}

/** The enterprise projects of the project in which the caller holds `role` or a higher one; empty for none. */
export function grantedEnterpriseProjects(
  caller: Caller,
  where: { readonly projectId: string; readonly role: Role },
): EnterpriseProjectScope {
  const granted = new Set<string>();
  for (const grant of caller.grants) {
    if (!appliesTo(grant, where.projectId) || !includes(grant.role, where.role)) continue;
    if (grant.enterpriseProjectId === undefined) return 'all';
    granted.add(grant.enterpriseProjectId);
  }
  return [...granted].sort();
}

/** Whether one enterprise project lies in a scope. */
export function isInScope(scope: EnterpriseProjectScope, enterpriseProjectId: string): boolean {
  return scope === 'all' || scope.includes(enterpriseProjectId);
}

/**
 * Turns the parameter `enterprise_project_id` into the scope of a request that needs `role` (contract 0, 5.4).
 *
 * - left out: the default enterprise project; without the right there, `enterprise-project-unnamed` (403)
 * - `all_granted_eps`: all in which the caller holds the role; none: `right-missing` (403)
 * - a named one: that one. One that does not exist and one in which the caller has no right at all get the same
 *   answer, `enterprise-project-unknown` (400), so that nobody learns which exist; one that the caller may read but
 *   not operate is `right-missing` (403).
 *
 * `exists` says whether the domain has an enterprise project of that id.
 */
export function resolveEnterpriseProjects(
  caller: Caller,
  request: {
    readonly projectId: string;
    readonly role: Role;
    readonly parameter: string | undefined;
    readonly exists: (enterpriseProjectId: string) => boolean;
  },
): EnterpriseProjectScope {
  const granted = grantedEnterpriseProjects(caller, request);
  const { parameter, role } = request;
  if (parameter === ALL_GRANTED_ENTERPRISE_PROJECTS) {
    if (granted !== 'all' && granted.length === 0) throw appError('right-missing', { right: role });
    return granted;
  }
  const named = parameter ?? DEFAULT_ENTERPRISE_PROJECT_ID;
  const visible = grantedEnterpriseProjects(caller, { projectId: request.projectId, role: 'read' });
  if (!isInScope(visible, named) || !request.exists(named)) {
    throw parameter === undefined
      ? appError('enterprise-project-unnamed', {})
      : appError('enterprise-project-unknown', { id: named });
  }
  if (!isInScope(granted, named)) throw appError('right-missing', { right: role });
  return [named];
}

function appliesTo(grant: Grant, projectId: string): boolean {
  return grant.projectId === undefined || grant.projectId === projectId;
}

function includes(held: Role, needed: Role): boolean {
  return ROLES.indexOf(held) >= ROLES.indexOf(needed);
}
