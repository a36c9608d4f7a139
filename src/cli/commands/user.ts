import { appError } from '../../errors.ts';
import type { User } from '../../identity/identity-store.ts';
import { checkIdentityName } from '../../identity/names.ts';
import { hashPassword } from '../../identity/password.ts';
import { ROLES } from '../../identity/rights.ts';
import { newId } from '../../identity/token.ts';
import { createUser } from '../../store/identity/create-user.ts';
import { deleteGrant } from '../../store/identity/delete-grant.ts';
import { deleteUser } from '../../store/identity/delete-user.ts';
import { listUsers } from '../../store/identity/list-users.ts';
import { saveGrant } from '../../store/identity/save-grant.ts';
import { setUserEnabled } from '../../store/identity/set-user-enabled.ts';
import { setUserPassword } from '../../store/identity/set-user-password.ts';
import { checkedWord } from '../checked-word.ts';
import { chooseUser } from '../choose-user.ts';
import { usage } from '../command.ts';
import { warnWithoutAdministrator } from '../last-administrator.ts';
import { type GivenPassword, readPassword } from '../read-password.ts';
import { enterpriseProjectId, wordOption } from '../server-options.ts';
import { alignedTable } from '../table.ts';
import { type Verb, verbCommands } from '../verb-command.ts';
import { type CommandStore, chooseProject } from '../with-store.ts';

const OPTIONS = {
  'password-stdin': { type: 'boolean' },
  role: { type: 'string' },
  project: { type: 'string' },
  'enterprise-project': { type: 'string' },
} as const;

type UserVerb = Verb<keyof typeof OPTIONS>;

const ONE_USER = { count: 1, what: 'the user' };

/** `parapet user …`: users, their passwords and their rights. */
export const userCommands = verbCommands({
  noun: 'user',
  help: `Usage: parapet user list
       parapet user create NAME [--password-stdin] [--role ROLE [--project P] [--enterprise-project E]]
       parapet user set-password NAME [--password-stdin]
       parapet user enable|disable|remove NAME
       parapet user grant NAME --role ROLE [--project P] [--enterprise-project E]
       parapet user revoke NAME [--project P] [--enterprise-project E]

Roles, each including the one before: read (see), operate (handle findings, change servers), admin (everything).
Without --project a right holds in all projects, without --enterprise-project in all enterprise projects.
A password is generated and shown once, or with --password-stdin read from standard input (on a terminal asked for twice
and not shown). A new password, a disabled user and a removed one end the user's tokens; a running service notices within
five seconds.

  --json   the result as JSON

Examples:
  parapet user create ana --role read --enterprise-project payments
  parapet user set-password ana --password-stdin < secret.txt
`,
  options: OPTIONS,
  verbs: {
    list: { summary: 'List users and their rights', words: { count: 0, what: '' }, run: list },
    create: { summary: 'Make a user', words: { count: 1, what: 'the name of the new user' }, run: create },
    'set-password': { summary: 'Give a user a new password', words: ONE_USER, run: setPassword },
    enable: { summary: 'Let a user log in again', words: ONE_USER, run: (task) => enable(task, true) },
    disable: { summary: 'Keep a user from logging in', words: ONE_USER, run: (task) => enable(task, false) },
    remove: { summary: 'Remove a user with tokens and keys', words: ONE_USER, run: remove },
    grant: { summary: 'Give a user a right', words: ONE_USER, run: grant },
    revoke: { summary: 'Take a right from a user', words: ONE_USER, run: revoke },
  },
});

type Task = Parameters<UserVerb['run']>[0];
type Result = ReturnType<UserVerb['run']>;

async function list({ store }: Task): Result {
  const users = await listUsers(store.database, store.domainId);
  const json = users.map(({ id, name, enabled, grants }) => ({ id, name, enabled, grants }));
  const rows = users.map((user) => [
    user.name,
    user.enabled ? 'enabled' : 'disabled',
    grantsText(user),
    user.id,
  ]);
  return { json, text: alignedTable(['name', 'state', 'rights', 'id'], rows).join('\n') };
}

function grantsText(user: User): string {
  return user.grants
    .map(({ role, projectId, enterpriseProjectId: ep }) => {
      const where = [
        projectId ?? 'all projects',
        ep === undefined ? 'all enterprise projects' : `enterprise project ${ep}`,
      ];
      return `${role} (${where.join(', ')})`;
    })
    .join('; ');
}

async function create({ store, io, given, words: [name = ''] }: Task): Result {
  checkedWord(() => checkIdentityName('the name', name));
  const role = wordOption('--role', given.text('role'), ROLES);
  const place = await placeOf(store, given);
  const secret = await readPassword(io, given.flag('password-stdin'));
  const passwordHash = await hashPassword(secret.password);
  const user = { id: newId(), domainId: store.domainId, name, passwordHash, createdAt: store.clock().now };
  await store.database.transaction(async (tx) => {
    await createUser(tx, user);
    if (role !== undefined)
      await saveGrant(tx, { userId: user.id, grant: { role, ...place }, grantedAt: user.createdAt });
  });
  const hint = role === undefined ? '. It has no rights yet: parapet user grant' : '';
  return {
    json: { id: user.id, name, ...shown(secret) },
    text: `${name}: made${hint}${passwordText(secret)}`,
  };
}

async function setPassword({ store, io, given, words: [wanted = ''] }: Task): Result {
  const user = await chooseUser(store, wanted);
  const secret = await readPassword(io, given.flag('password-stdin'));
  await setUserPassword(store.database, {
    userId: user.id,
    passwordHash: await hashPassword(secret.password),
  });
  return {
    json: { id: user.id, ...shown(secret) },
    text: `${user.name}: new password set${passwordText(secret)}`,
  };
}

function shown(secret: GivenPassword): { readonly password?: string } {
  return secret.isGenerated ? { password: secret.password } : {};
}

function passwordText(secret: GivenPassword): string {
  return secret.isGenerated ? `\nPassword, shown only this once: ${secret.password}` : '';
}

async function enable({ store, io, words: [wanted = ''] }: Task, enabled: boolean): Result {
  const user = await chooseUser(store, wanted);
  await setUserEnabled(store.database, { userId: user.id, enabled });
  await warnWithoutAdministrator(store, io);
  return {
    json: { id: user.id, enabled },
    text: `${user.name}: ${enabled ? 'enabled' : 'disabled, tokens ended'}`,
  };
}

async function remove({ store, io, words: [wanted = ''] }: Task): Result {
  const user = await chooseUser(store, wanted);
  await deleteUser(store.database, user.id);
  await warnWithoutAdministrator(store, io);
  return { json: { id: user.id }, text: `${user.name}: removed` };
}

async function grant({ store, io, given, words: [wanted = ''] }: Task): Result {
  const role = wordOption('--role', given.text('role'), ROLES);
  if (role === undefined) throw usage('user grant', '--role is missing');
  const user = await chooseUser(store, wanted);
  const place = await placeOf(store, given);
  await saveGrant(store.database, {
    userId: user.id,
    grant: { role, ...place },
    grantedAt: store.clock().now,
  });
  await warnWithoutAdministrator(store, io);
  return { json: { id: user.id, role, ...place }, text: `${user.name}: ${role} granted` };
}

async function revoke({ store, io, given, words: [wanted = ''] }: Task): Result {
  const user = await chooseUser(store, wanted);
  const place = await placeOf(store, given);
  const revoked = await deleteGrant(store.database, {
    userId: user.id,
    projectId: place.projectId,
    enterpriseProjectId: place.enterpriseProjectId,
  });
  if (!revoked) {
    const kind = `right of ${user.name} in`;
    throw appError('identity-not-found', { kind, name: 'exactly this place; see parapet user list' });
  }
  await warnWithoutAdministrator(store, io);
  return { json: { id: user.id, ...place }, text: `${user.name}: right taken` };
}

/** Where a right holds: what was not given means everywhere. */
async function placeOf(
  store: CommandStore,
  given: Task['given'],
): Promise<{ readonly projectId?: string; readonly enterpriseProjectId?: string }> {
  const project = given.text('project');
  const ep = await enterpriseProjectId(store, given.text('enterprise-project'));
  return {
    ...(project === undefined ? {} : { projectId: (await chooseProject(store, project)).id }),
    ...(ep === undefined ? {} : { enterpriseProjectId: ep }),
  };
}
