/** `POST /parapet/v1/agent/enrol`: an enrolment token for a credential of the server's own. */
import Type from 'typebox';
import { appError, isAppError } from '../../errors.ts';
import { hashSecret, newSecret } from '../../identity/token.ts';
import { enrolAgent } from '../../jobs/enrol-agent.ts';
import { type Endpoint, openEndpoint } from '../endpoint.ts';
import { type AgentParts, MACHINE_ID } from './agent-parts.ts';

const ENROL_BODY_BYTES_MAX = 8_192;
/** Longest token or credential that is looked up, in characters. */
const SECRET_LENGTH_MAX_CHARS = 256;

const enrolment = Type.Object({
  machine_id: Type.String({ pattern: MACHINE_ID.source }),
  name: Type.String({ minLength: 1, maxLength: 255 }),
  /** The credential in force, where the machine has one: proof that it is the same server. */
  credential: Type.Optional(Type.String({ maxLength: SECRET_LENGTH_MAX_CHARS })),
});

const enrolled = Type.Object({
  server_id: Type.String(),
  credential: Type.String(),
  project_id: Type.String(),
});

export function enrolEndpoint({ database, clock, limits, forgetAgents }: AgentParts): Endpoint {
  return openEndpoint({
    operation: 'EnrolAgent',
    method: 'POST',
    url: '/parapet/v1/agent/enrol',
    summary: 'Enrols a machine with an enrolment token (as a bearer) and answers its credential',
    body: enrolment,
    response: enrolled,
    bodyBytesMax: ENROL_BODY_BYTES_MAX,
    handler: async ({ body, header, remoteAddress }) => {
      const token = bearerOf(header('authorization'));
      limits.checkEnrolment(remoteAddress);
      const credential = newSecret('agent');
      try {
        const { serverId, projectId } = await enrolAgent(database, {
          tokenHash: hashSecret(token),
          machineId: body.machine_id,
          name: body.name,
          earlierCredentialHash: body.credential === undefined ? undefined : hashSecret(body.credential),
          credentialHash: hashSecret(credential),
          now: clock().now,
        });
        if (body.credential !== undefined) forgetAgents();
        return { json: { server_id: serverId, credential, project_id: projectId } };
      } catch (error) {
        if (isAppError(error, 'enrolment-token-unusable')) limits.countFailedEnrolment(remoteAddress);
        throw error;
      }
    },
  });
}

function bearerOf(authorization: string | undefined): string {
  const [scheme, token, more] = (authorization ?? '').split(' ');
  const isWhole = scheme?.toLowerCase() === 'bearer' && token !== undefined && more === undefined;
  if (!isWhole || token === '' || token.length > SECRET_LENGTH_MAX_CHARS) {
    throw appError('credentials-malformed', {
      problem: 'Authorization: expected "Bearer <enrolment token>"',
    });
  }
  return token;
}
