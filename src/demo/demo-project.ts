import { appError } from '../errors.ts';
import { FIRST_DOMAIN_NAME } from '../identity/bootstrap.ts';
import type { Project } from '../identity/rights.ts';
import type { Database } from '../store/database.ts';
import { findDomain } from '../store/identity/find-domain.ts';
import { listProjects } from '../store/identity/list-projects.ts';

/** The project `name` of the first domain, which a first start has made. Throws `demo-project-missing`. */
export async function demoProjectOf(database: Database, name: string): Promise<Project> {
  const domain = await findDomain(database, FIRST_DOMAIN_NAME);
  const projects = domain === undefined ? [] : await listProjects(database, domain.id);
  const project = projects.find((one) => one.name === name);
  if (project === undefined) throw appError('demo-project-missing', { project: name });
  return project;
}
