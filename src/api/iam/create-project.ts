/** `POST /v3/projects`: what the Node client tries when it finds no project of a region; refused, in words. */
import { appError } from '../../errors.ts';
import { accountEndpoint, type Endpoint } from '../endpoint.ts';

export function createProjectEndpoint(): Endpoint {
  return accountEndpoint({
    operation: 'KeystoneCreateProject',
    method: 'POST',
    url: '/v3/projects',
    summary: 'Refused: projects are made with the command line.',
    handler: () => {
      throw appError('project-creation-refused', {});
    },
  });
}
