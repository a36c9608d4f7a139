/** The options by which a server's settings are given, for every command that takes them. */
import { randomUUID } from 'node:crypto';
import { appError } from '../errors.ts';
import { addressProblem, nameProblem } from '../inventory/server-texts.ts';
import { GROUP_NAME_LENGTH_MAX_CHARS, serverGroupId } from '../store/fleet/server-groups.ts';
import { listEnterpriseProjects } from '../store/identity/list-enterprise-projects.ts';
import type { OptionSpec, ReadArguments } from './command.ts';
import { printable } from './table.ts';
import type { CommandStore } from './with-store.ts';

const ASSET_VALUES = ['important', 'common', 'test'] as const;
const NODE_TYPES = ['cce', 'not_cce'] as const;
const EDITIONS = [
  'null',
  'basic',
  'advanced',
  'enterprise',
  'premium',
  'wtp',
  'container.enterprise',
] as const;

export const SERVER_OPTIONS = {
  'enterprise-project': { type: 'string' },
  group: { type: 'string' },
  'asset-value': { type: 'string' },
  region: { type: 'string' },
  'public-ip': { type: 'string' },
  'cluster-id': { type: 'string' },
  'node-type': { type: 'string' },
  edition: { type: 'string' },
} as const satisfies Readonly<Record<string, OptionSpec>>;

export type ServerOption = keyof typeof SERVER_OPTIONS;

export const SERVER_OPTIONS_HELP = `  --enterprise-project ID|NAME   0 is the default one
  --group NAME                   a server group; made if there is none of that name
  --asset-value VALUE            ${ASSET_VALUES.join(', ')}
  --region NAME                  up to 32 characters
  --public-ip ADDRESS
  --cluster-id ID                of the cluster it is a node of
  --node-type TYPE               ${NODE_TYPES.join(', ')}
  --edition NAME                 ${EDITIONS.join(', ')} (null: not listed)`;

/** Settings as they were given; what was not given is undefined. Names are not looked up yet. */
export interface GivenSettings {
  readonly enterpriseProject: string | undefined;
  readonly group: string | undefined;
  readonly assetValue: (typeof ASSET_VALUES)[number] | undefined;
  readonly region: string | undefined;
  readonly publicIp: string | undefined;
  readonly clusterId: string | undefined;
  readonly nodeType: (typeof NODE_TYPES)[number] | undefined;
  /** In full: `hss.version.premium`. */
  readonly edition: string | undefined;
}

/** Reads and checks the options. Throws `option-invalid` naming the option and what it may be. */
export function givenSettings(given: Pick<ReadArguments<ServerOption>, 'text'>): GivenSettings {
  const edition = wordOption('--edition', shortEdition(given.text('edition')), EDITIONS);
  return {
    enterpriseProject: given.text('enterprise-project'),
    group: textOption('--group', given.text('group'), { min: 1, max: GROUP_NAME_LENGTH_MAX_CHARS }),
    assetValue: wordOption('--asset-value', given.text('asset-value'), ASSET_VALUES),
    region: textOption('--region', given.text('region'), { min: 0, max: 32 }),
    publicIp: textOption('--public-ip', given.text('public-ip'), { min: 0, max: 128 }, addressProblem),
    clusterId: textOption('--cluster-id', given.text('cluster-id'), { min: 0, max: 64 }),
    nodeType: wordOption('--node-type', given.text('node-type'), NODE_TYPES),
    edition: edition === undefined ? undefined : `hss.version.${edition}`,
  };
}

function shortEdition(text: string | undefined): string | undefined {
  return text?.startsWith('hss.version.') === true ? text.slice('hss.version.'.length) : text;
}

/** One of `words`, or undefined where nothing was given. */
export function wordOption<W extends string>(
  name: string,
  text: string | undefined,
  words: readonly W[],
): W | undefined {
  if (text === undefined) return undefined;
  const word = words.find((one) => one === text);
  if (word === undefined) {
    throw appError('option-invalid', {
      name,
      problem: `"${printable(text)}" is none of ${words.join(', ')}`,
    });
  }
  return word;
}

/** A text within bounds that `problemOf` finds nothing wrong with, or undefined where nothing was given. */
export function textOption(
  name: string,
  text: string | undefined,
  { min, max }: { readonly min: number; readonly max: number },
  problemOf: (text: string) => string | undefined = nameProblem,
): string | undefined {
  if (text === undefined) return undefined;
  const length = [...text].length;
  if (length < min || length > max) {
    throw appError('option-invalid', { name, problem: `must have ${min} to ${max} characters` });
  }
  const problem = problemOf(text);
  if (problem !== undefined) throw appError('option-invalid', { name, problem });
  return text;
}

/** The id of the enterprise project that `wanted` names; throws `enterprise-project-unknown`. */
export async function enterpriseProjectId(
  store: CommandStore,
  wanted: string | undefined,
): Promise<string | undefined> {
  if (wanted === undefined) return undefined;
  const known = await listEnterpriseProjects(store.database, store.domainId);
  const found = known.find((one) => one.id === wanted) ?? known.find((one) => one.name === wanted);
  if (found === undefined) throw appError('enterprise-project-unknown', { id: wanted });
  return found.id;
}

/** The id of the server group called `name`, made if there is none. */
export async function groupIdFor(
  store: CommandStore,
  projectId: string,
  name: string | undefined,
): Promise<string | undefined> {
  if (name === undefined) return undefined;
  return await serverGroupId(store.database, { projectId, name, newId: randomUUID() });
}
