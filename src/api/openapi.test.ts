import Type from 'typebox';
import { describe, expect, it } from 'vitest';
import { accountEndpoint, agentEndpoint, openEndpoint, projectEndpoint } from './endpoint.ts';
import { openApiDocument } from './openapi.ts';
import { queryInteger, queryTextList, queryWord, required } from './strict-query.ts';

const info = { title: 'T', version: '1', description: 'D' };
const declared = { operation: 'Op', summary: 'Does it', handler: () => ({}) };

describe('the OpenAPI document', () => {
  it('writes a path and its parameters in the form of OpenAPI', () => {
    const endpoint = projectEndpoint({
      ...declared,
      method: 'GET',
      url: '/v5/:project_id/things/:thing_id',
      right: 'read',
      query: {
        limit: queryInteger({ min: 1, max: 200, default: 10 }),
        kind: required(queryWord(['a', 'b'])),
        ids: queryTextList({ charactersMax: 50 }),
      },
    });
    expect(openApiDocument([endpoint], info)).toMatchObject({
      openapi: '3.1.0',
      info,
      paths: {
        '/v5/{project_id}/things/{thing_id}': {
          get: {
            operationId: 'Op',
            description: 'Needs the right `read` in the project.',
            security: [{ token: [] }, { signature: [] }],
            parameters: [
              { name: 'project_id', in: 'path', required: true },
              { name: 'thing_id', in: 'path', required: true },
              {
                name: 'limit',
                in: 'query',
                required: false,
                schema: { minimum: 1, maximum: 200, default: 10 },
              },
              { name: 'kind', in: 'query', required: true, schema: { enum: ['a', 'b'] } },
              { name: 'ids', in: 'query', description: expect.stringContaining('repeated') },
            ],
          },
        },
      },
    });
  });

  it('keeps the methods of one path together', () => {
    const url = '/v3/auth/tokens';
    const document = openApiDocument(
      (['GET', 'POST', 'DELETE'] as const).map((method) => openEndpoint({ ...declared, method, url })),
      info,
    );
    expect(document['paths']).toMatchObject({ [url]: { get: {}, post: {}, delete: {} } });
  });

  it('says the schema and the size of a body, and the schema of the answer', () => {
    const endpoint = accountEndpoint({
      ...declared,
      method: 'POST',
      url: '/parapet/v1/things',
      body: Type.Object({ name: Type.String({ maxLength: 64 }) }),
      bodyBytesMax: 1_024,
      response: Type.Object({ id: Type.String() }),
    });
    expect(openApiDocument([endpoint], info)['paths']).toMatchObject({
      '/parapet/v1/things': {
        post: {
          requestBody: {
            description: 'At most 1024 bytes.',
            content: { 'application/json': { schema: { properties: { name: { maxLength: 64 } } } } },
          },
          responses: {
            '2XX': { content: { 'application/json': { schema: { required: ['id'] } } } },
          },
        },
      },
    });
  });

  it('tells who may ask: an agent by its credential, anyone by nothing', () => {
    const document = openApiDocument(
      [
        agentEndpoint({ ...declared, method: 'PUT', url: '/agent/v1/report' }),
        openEndpoint({ ...declared, method: 'GET', url: '/agent/install.sh' }),
      ],
      info,
    );
    expect(document['paths']).toMatchObject({
      '/agent/v1/report': { put: { security: [{ agentCredential: [] }] } },
      '/agent/install.sh': { get: { security: [] } },
    });
  });

  it('names the form of a failure: Keystone’s under /v3, the service’s and the gateway’s elsewhere', () => {
    const failureOf = (url: string) =>
      JSON.stringify(openApiDocument([openEndpoint({ ...declared, method: 'GET', url })], info)['paths']);
    expect(failureOf('/v3/projects')).toContain('KeystoneError');
    expect(failureOf('/v3/projects')).not.toContain('ServiceError');
    expect(failureOf('/v5/things')).toContain('ServiceError');
    expect(failureOf('/v5/things')).toContain('GatewayError');
  });
});
