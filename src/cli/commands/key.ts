import { appError } from '../../errors.ts';
import { newAccessKey } from '../../identity/token.ts';
import { secretKeyOf } from '../../installation.ts';
import { deleteAccessKey } from '../../store/identity/delete-access-key.ts';
import { listAccessKeys } from '../../store/identity/list-access-keys.ts';
import { saveAccessKey } from '../../store/identity/save-access-key.ts';
import { chooseUser } from '../choose-user.ts';
import { textOption } from '../server-options.ts';
import { shownTime } from '../shown-time.ts';
import { alignedTable } from '../table.ts';
import { verbCommands } from '../verb-command.ts';

/** `parapet key create|list|remove`: access keys (AK/SK) with which SDKs sign requests. */
export const keyCommands = verbCommands({
  noun: 'key',
  help: `Usage: parapet key list [--user NAME]
       parapet key create [--user NAME] [--description TEXT]
       parapet key remove ACCESS-KEY [--user NAME]

Access keys sign requests as the vendor's SDKs do (SDK-HMAC-SHA256). A key has the rights of its user. The secret key is
shown once and kept sealed.

  --user NAME          default: admin
  --description TEXT   up to 255 characters
  --json               the result as JSON

Examples:
  parapet key create --user ana --description 'nightly export'
`,
  options: { user: { type: 'string' }, description: { type: 'string' } },
  verbs: {
    list: {
      summary: 'List the access keys of a user',
      words: { count: 0, what: '' },
      run: async ({ store, given }) => {
        const user = await chooseUser(store, given.text('user') ?? 'admin');
        const keys = await listAccessKeys(store.database, user.id);
        const rows = keys.map((key) => [
          key.accessKey,
          key.status,
          shownTime(key.createdAt),
          shownTime(key.lastUsedAt),
          key.description,
        ]);
        const header = ['access key', 'status', 'made', 'last used', 'description'];
        return { json: keys, text: keys.length === 0 ? 'No keys.' : alignedTable(header, rows).join('\n') };
      },
    },
    create: {
      summary: 'Make an access key; its secret is shown once',
      words: { count: 0, what: '' },
      run: async ({ store, given }) => {
        const user = await chooseUser(store, given.text('user') ?? 'admin');
        const description =
          textOption('--description', given.text('description'), { min: 0, max: 255 }) ?? '';
        const { accessKey, secretKey } = newAccessKey();
        const key = await secretKeyOf(store.config, store.database);
        await saveAccessKey(store.database, {
          accessKey,
          userId: user.id,
          sealedSecretKey: key.seal(secretKey, accessKey),
          description,
          createdAt: store.clock().now,
        });
        return {
          json: { access_key: accessKey, secret_key: secretKey, user: user.name },
          text: `Access key  ${accessKey}\nSecret key  ${secretKey}   (shown only this once)`,
        };
      },
    },
    remove: {
      summary: 'Remove an access key',
      words: { count: 1, what: 'the access key' },
      run: async ({ store, given, words: [accessKey = ''] }) => {
        const user = await chooseUser(store, given.text('user') ?? 'admin');
        if (!(await deleteAccessKey(store.database, { accessKey, userId: user.id }))) {
          throw appError('identity-not-found', { kind: `access key of ${user.name}`, name: accessKey });
        }
        return { json: { access_key: accessKey }, text: `${accessKey}: removed` };
      },
    },
  },
});
