import type { IdentityStore } from '../../identity/identity-store.ts';
import type { Queryable } from '../database.ts';
import { gather } from '../gather.ts';
import { deleteAccessKey } from './delete-access-key.ts';
import { findAccessKey } from './find-access-key.ts';
import { findAgents } from './find-agent.ts';
import { findProject } from './find-project.ts';
import { findToken } from './find-token.ts';
import { findUserForLogin } from './find-user-for-login.ts';
import { listAccessKeys } from './list-access-keys.ts';
import { listEnterpriseProjects } from './list-enterprise-projects.ts';
import { listProjects } from './list-projects.ts';
import { recordSignatureFailure } from './record-signature-failure.ts';
import { recordSignatureSuccess } from './record-signature-success.ts';
import { revokeToken } from './revoke-token.ts';
import { saveAccessKey } from './save-access-key.ts';
import { saveToken } from './save-token.ts';

/** Agents' credentials that are looked up in one statement. */
const AGENTS_FOUND_TOGETHER_MAX = 500;

/** What answering requests needs of identity, over PostgreSQL. */
export function openIdentityStore(database: Queryable): IdentityStore {
  // Of a fleet's reports each is another agent's, so nothing that is remembered helps.
  const agentOf = gather(
    (hashes: readonly Buffer[]) => findAgents(database, hashes),
    AGENTS_FOUND_TOGETHER_MAX,
  );
  return {
    findUserForLogin: (login) => findUserForLogin(database, login),
    saveToken: (token) => saveToken(database, token),
    findToken: (hash) => findToken(database, hash),
    revokeToken: (hash) => revokeToken(database, hash),
    findAccessKey: (accessKey) => findAccessKey(database, accessKey),
    recordSignatureFailure: (failure) => recordSignatureFailure(database, failure),
    recordSignatureSuccess: (success) => recordSignatureSuccess(database, success),
    saveAccessKey: (key) => saveAccessKey(database, key),
    listAccessKeys: (userId) => listAccessKeys(database, userId),
    deleteAccessKey: (key) => deleteAccessKey(database, key),
    findProject: (projectId) => findProject(database, projectId),
    listProjects: (domainId) => listProjects(database, domainId),
    listEnterpriseProjects: (domainId) => listEnterpriseProjects(database, domainId),
    findAgent: async (credentialHash) => await agentOf(credentialHash),
  };
}
