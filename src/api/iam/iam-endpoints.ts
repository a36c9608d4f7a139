/** The IAM side of the compatible surface (contract chapter 4), endpoint by endpoint. */
import type { Endpoint } from '../endpoint.ts';
import { createAccessKeyEndpoint } from './create-access-key.ts';
import { createProjectEndpoint } from './create-project.ts';
import { createTokenEndpoint } from './create-token.ts';
import { deleteAccessKeyEndpoint } from './delete-access-key.ts';
import { deleteTokenEndpoint } from './delete-token.ts';
import type { IamParts } from './iam-parts.ts';
import { listAccessKeysEndpoint } from './list-access-keys.ts';
import { listAuthDomainsEndpoint } from './list-auth-domains.ts';
import { listAuthProjectsEndpoint, listProjectsEndpoint } from './list-projects.ts';
import { listRegionsEndpoint } from './list-regions.ts';
import { checkTokenEndpoint, showTokenEndpoint } from './show-token.ts';

export function iamEndpoints(parts: IamParts): readonly Endpoint[] {
  return [
    createTokenEndpoint(parts),
    showTokenEndpoint(parts),
    checkTokenEndpoint(parts),
    deleteTokenEndpoint(parts),
    listProjectsEndpoint(parts),
    createProjectEndpoint(),
    listAuthProjectsEndpoint(parts),
    listAuthDomainsEndpoint(parts),
    listRegionsEndpoint(parts),
    createAccessKeyEndpoint(parts),
    listAccessKeysEndpoint(parts),
    deleteAccessKeyEndpoint(parts),
  ];
}
