/** The sample fleet as `snapshot/fleet/servers.json` writes it: a file for people, checked before it is used. */
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';
import { appError } from '../errors.ts';
import { SUPPORTED_OPERATIONS } from '../findings/operations.ts';

export const FLEET_SERVERS_MAX = 1_000;
/** Inventories of one server, in the order in which it reported them. */
export const FLEET_INVENTORIES_MAX = 10;
export const FLEET_DECISIONS_MAX = 10;

const closed = { additionalProperties: false } as const;
const Name = Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{0,62}$' });
const Word = Type.String({ minLength: 1, maxLength: 64 });

const FleetDecision = Type.Object(
  {
    operation: Type.Union(SUPPORTED_OPERATIONS.map((operation) => Type.Literal(operation))),
    /** Ids of vulnerabilities that the server then has, or `all` that allow it. */
    vulnerabilities: Type.Union([Type.Array(Word, { minItems: 1, maxItems: 100 }), Type.Literal('all')]),
    by: Word,
    remark: Type.String({ minLength: 1, maxLength: 200 }),
  },
  closed,
);

const FleetServer = Type.Object(
  {
    name: Name,
    /** Files in `inventories/`, without `.report.gz`. */
    inventories: Type.Array(Name, { minItems: 1, maxItems: FLEET_INVENTORIES_MAX }),
    /** Name of one of `enterprise_projects`; absent: the one every domain has. */
    enterprise_project: Type.Optional(Name),
    group: Type.Optional(Word),
    region: Type.Optional(Word),
    private_ip: Type.String({ format: 'ipv4' }),
    public_ip: Type.Optional(Type.String({ format: 'ipv4' })),
    asset_value: Type.Optional(
      Type.Union([Type.Literal('important'), Type.Literal('common'), Type.Literal('test')]),
    ),
    /** A node of this cluster. */
    cluster: Type.Optional(Word),
    edition: Type.Optional(Type.String({ pattern: '^hss\\.version\\.[a-z.]{1,40}$' })),
    decisions: Type.Optional(Type.Array(FleetDecision, { minItems: 1, maxItems: FLEET_DECISIONS_MAX })),
  },
  closed,
);

const FleetFile = Type.Object(
  {
    enterprise_projects: Type.Array(Name, { maxItems: 100 }),
    servers: Type.Array(FleetServer, { minItems: 1, maxItems: FLEET_SERVERS_MAX }),
  },
  closed,
);

export type Fleet = Static<typeof FleetFile>;
export type FleetServer = Static<typeof FleetServer>;
export type FleetDecision = Static<typeof FleetDecision>;

const validator = Compile(FleetFile);

/**
 * Reads the fleet file `path` from its bytes. Throws `demo-snapshot-unreadable` where it is no JSON, does not fit the
 * schema, names a server or an address twice, or names an enterprise project that it does not list.
 */
export function parseFleet(bytes: Uint8Array, path: string): Fleet {
  const unreadable = (problem: string): Error => appError('demo-snapshot-unreadable', { path, problem });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw appError('demo-snapshot-unreadable', { path, problem: 'it is no valid JSON' }, error);
  }
  if (!validator.Check(value)) {
    const [fault] = validator.Errors(value);
    throw unreadable(`${fault?.instancePath || 'the file'} ${fault?.message ?? 'does not fit'}`);
  }
  const names = value.servers.map((server) => server.name);
  const addresses = value.servers.flatMap((server) => [server.private_ip, server.public_ip ?? []].flat());
  const twice = firstRepeated(names) ?? firstRepeated(addresses);
  if (twice !== undefined) throw unreadable(`${twice} is given twice`);
  const known = new Set(value.enterprise_projects);
  for (const { name, enterprise_project } of value.servers) {
    if (enterprise_project !== undefined && !known.has(enterprise_project)) {
      throw unreadable(`${name} is in the enterprise project ${enterprise_project}, which is not listed`);
    }
  }
  return value;
}

function firstRepeated(texts: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return texts.find((text) => seen.has(text) || !seen.add(text));
}
