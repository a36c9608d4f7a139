import { appError } from '../../errors.ts';
import type { EnrolmentDefaults } from '../../identity/identity-store.ts';
import { checkIdentityName } from '../../identity/names.ts';
import { DEFAULT_ENTERPRISE_PROJECT_ID } from '../../identity/rights.ts';
import { hashSecret, newId, newSecret } from '../../identity/token.ts';
import { deleteEnrolmentToken } from '../../store/identity/delete-enrolment-token.ts';
import { listEnrolmentTokens } from '../../store/identity/list-enrolment-tokens.ts';
import { saveEnrolmentToken } from '../../store/identity/save-enrolment-token.ts';
import { checkedWord } from '../checked-word.ts';
import { usage } from '../command.ts';
import { installLine } from '../install-line.ts';
import { numberOption } from '../number-option.ts';
import {
  enterpriseProjectId,
  type GivenSettings,
  givenSettings,
  SERVER_OPTIONS,
  SERVER_OPTIONS_HELP,
} from '../server-options.ts';
import { shownTime } from '../shown-time.ts';
import { alignedTable } from '../table.ts';
import { verbCommands } from '../verb-command.ts';
import { chooseProject, PROJECT_HELP, PROJECT_OPTION } from '../with-store.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const EXPIRES_DAYS_MAX = 3_650;
const USES_MAX = 10_000_000;

/** `parapet enrolment-token create|list|remove`: project tokens with which agents enrol. */
export const enrolmentTokenCommands = verbCommands({
  noun: 'enrolment-token',
  help: `Usage: parapet enrolment-token list
       parapet enrolment-token create [--name NAME] [--expires DAYS] [--uses N] [SETTINGS]
       parapet enrolment-token remove ID

A token with which servers enrol themselves into the project. The settings are given to every server that enrols with it.

  --name NAME       to tell it from others; default: servers
  --expires DAYS    1 to ${EXPIRES_DAYS_MAX}; without it: never
  --uses N          servers that may enrol; without it: any number
${SERVER_OPTIONS_HELP}
${PROJECT_HELP}

Examples:
  parapet enrolment-token create --group edge --asset-value important --expires 7
`,
  options: {
    ...PROJECT_OPTION,
    ...SERVER_OPTIONS,
    name: { type: 'string' },
    expires: { type: 'string' },
    uses: { type: 'string' },
  },
  verbs: {
    list: {
      summary: 'List enrolment tokens',
      words: { count: 0, what: '' },
      run: async ({ store, given }) => {
        const project = await chooseProject(store, given.text('project'));
        const tokens = await listEnrolmentTokens(store.database, project.id);
        const rows = tokens.map((token) => [
          token.name,
          token.id,
          token.expiresAt === undefined ? 'never' : shownTime(token.expiresAt),
          token.usesLeft === undefined ? 'any number' : String(token.usesLeft),
          token.enterpriseProjectId,
        ]);
        const header = ['name', 'id', 'expires', 'uses left', 'enterprise project'];
        return {
          json: tokens,
          text: tokens.length === 0 ? 'No tokens.' : alignedTable(header, rows).join('\n'),
        };
      },
    },
    create: {
      summary: 'Make an enrolment token; it is shown once',
      words: { count: 0, what: '' },
      run: async ({ store, io, given }) => {
        const name = given.text('name') ?? 'servers';
        checkedWord(() => checkIdentityName('--name', name));
        const days = numberOption('--expires', given.text('expires'), {
          min: 1,
          max: EXPIRES_DAYS_MAX,
          default: 0,
        });
        const uses = numberOption('--uses', given.text('uses'), { min: 1, max: USES_MAX, default: 0 });
        const settings = givenSettings(given);
        if (settings.publicIp !== undefined) {
          throw usage('enrolment-token create', '--public-ip is of one server; see parapet server set');
        }
        const project = await chooseProject(store, given.text('project'));
        const createdAt = store.clock().now;
        const secret = newSecret('enrol');
        const ep = await enterpriseProjectId(store, settings.enterpriseProject);
        const token = {
          id: newId(),
          projectId: project.id,
          enterpriseProjectId: ep ?? DEFAULT_ENTERPRISE_PROJECT_ID,
          name,
          defaults: defaultsOf(settings),
          createdAt,
          ...(days === 0 ? {} : { expiresAt: createdAt + days * DAY_MS }),
          ...(uses === 0 ? {} : { usesLeft: uses }),
        };
        await saveEnrolmentToken(store.database, { token, hash: hashSecret(secret) });
        const { line, hint } = installLine(store.config, secret);
        if (hint !== undefined) io.err(`${hint}\n`);
        return {
          json: { id: token.id, token: secret, install: line },
          text: `${secret}\n\nShown only this once. Paste on each server:\n\n${line}`,
        };
      },
    },
    remove: {
      summary: 'Remove an enrolment token; enrolled servers stay',
      words: { count: 1, what: 'the id of the token' },
      run: async ({ store, given, words: [id = ''] }) => {
        const project = await chooseProject(store, given.text('project'));
        if (!(await deleteEnrolmentToken(store.database, { projectId: project.id, id }))) {
          throw appError('identity-not-found', { kind: 'enrolment token', name: id });
        }
        return { json: { id }, text: `${id}: removed` };
      },
    },
  },
});

function defaultsOf(settings: GivenSettings): EnrolmentDefaults {
  const { group, assetValue, region, edition, clusterId, nodeType } = settings;
  return {
    ...(group === undefined ? {} : { groupName: group }),
    ...(assetValue === undefined ? {} : { assetValue }),
    ...(region === undefined ? {} : { regionName: region }),
    ...(edition === undefined ? {} : { edition }),
    ...(clusterId === undefined ? {} : { clusterId }),
    ...(nodeType === undefined ? {} : { nodeType }),
  };
}
