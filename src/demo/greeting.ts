/** What the demo prints once it listens: how to reach it, what is in it, and a first question to paste. */
import { FIRST_DOMAIN_NAME, FIRST_USER_NAME } from '../identity/bootstrap.ts';
import type { DemoSummary } from './load-demo.ts';
import { SNAPSHOT_DATE } from './snapshot.ts';

export interface DemoFacts {
  readonly url: string;
  /** Where others reach it; the same unless PARAPET_PUBLIC_URL says another. */
  readonly publicUrl: string;
  /** Path of the certificate it serves HTTPS with. */
  readonly certificate: string | undefined;
  /** Undefined where an earlier start set it. */
  readonly password: string | undefined;
  readonly projectId: string;
  readonly projectName: string;
  readonly loaded: DemoSummary;
}

/** The whole text, ready line first. */
export function demoGreeting(facts: DemoFacts): string {
  const { loaded } = facts;
  const systems = loaded.systems.map(({ system, servers }) => `${system} ${servers}`).join(', ');
  return `parapet listening on ${facts.url}

  project    ${facts.projectName}, id ${facts.projectId}
  login      domain ${FIRST_DOMAIN_NAME}, user ${FIRST_USER_NAME}, password ${facts.password ?? '(the one of the first start)'}
  snapshot   ${loaded.advisories.toLocaleString('en')} records of ${SNAPSHOT_DATE}; the age of feeds is measured from that day, not from today
  fleet      ${loaded.servers} servers from real inventories, names and settings invented
             ${systems}
             enterprise projects default (0), ${loaded.enterpriseProjects.join(', ')}

The ten worst servers (paste both lines):

${curlOf(facts)}
`;
}

/** A login and the server view: two commands for any POSIX shell, with curl and sed alone. */
export function curlOf({ publicUrl, certificate, password, projectId, projectName }: DemoFacts): string {
  const curl = certificate === undefined ? 'curl -sS' : `curl -sS --cacert ${shellQuoted(certificate)}`;
  const body = {
    auth: {
      identity: {
        methods: ['password'],
        password: {
          user: {
            name: FIRST_USER_NAME,
            password: password ?? 'PASSWORD',
            domain: { name: FIRST_DOMAIN_NAME },
          },
        },
      },
      scope: { project: { name: projectName } },
    },
  };
  const login = `${curl} -o /dev/null -D - -H 'Content-Type: application/json' -d ${shellQuoted(JSON.stringify(body))} ${shellQuoted(`${publicUrl}/v3/auth/tokens`)}`;
  const view = `${publicUrl}/v5/${projectId}/vulnerability/host/hosts?enterprise_project_id=all_granted_eps&limit=10`;
  return [
    `TOKEN=$(${login} | tr -d '\\r' | sed -n 's/^[Xx]-[Ss]ubject-[Tt]oken: //p')`,
    `${curl} -H "X-Auth-Token: $TOKEN" ${shellQuoted(view)}`,
  ].join('\n');
}

/** As one word for a POSIX shell. */
function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
