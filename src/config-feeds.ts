/** The settings of feeds and of exports: part of the one table in config.ts. */
import {
  type ConfigField,
  FEEDS_MAX,
  parseFeeds,
  parseHosts,
  parseInteger,
  parseMirrors,
  parsePublicKeys,
  parseText,
  TRUSTED_KEYS_MAX,
} from './config-values.ts';

export const FEEDS_UPDATE_HOURS_MAX = 720;

export const FEED_CONFIG_FIELDS = {
  feeds: {
    variable: 'PARAPET_FEEDS',
    limit: `up to ${FEEDS_MAX} words, separated by commas: \`auto\`, names of \`parapet advisories feeds\`, or \`name=URL\` for feeds of one's own (a comma in a URL as \`%2C\`)`,
    meaning:
      'The feeds that `serve` keeps up to date and `parapet advisories update` fetches. `auto` stands for those that answer for what is installed on the servers, the known-exploited catalogue and EPSS among them. Without it `serve` fetches nothing by itself.',
    parse: parseFeeds,
  },
  feedsUpdateHours: {
    variable: 'PARAPET_FEEDS_UPDATE_HOURS',
    default: '6',
    limit: `a whole number from 1 to ${FEEDS_UPDATE_HOURS_MAX}`,
    meaning: 'Hours between two updates of a feed by `serve`, give or take a tenth.',
    parse: (text) => parseInteger(text, 1, FEEDS_UPDATE_HOURS_MAX),
  },
  feedsMirrors: {
    variable: 'PARAPET_FEEDS_MIRRORS',
    limit: 'entries `FROM=TO`, separated by commas; FROM is the beginning of URLs or `*`, TO a URL',
    meaning:
      "Where feeds of the catalogue are fetched from instead of their publishers: the first FROM that a URL begins with is replaced by TO; `*=https://mirror.example/` puts the publisher's host and path behind TO.",
    parse: parseMirrors,
  },
  feedsCredentialsFile: {
    variable: 'PARAPET_FEEDS_CREDENTIALS_FILE',
    path: true,
    limit: 'the path of a JSON file',
    meaning:
      'Credentials for feeds and mirrors: an object from the beginning of URLs to the value of their `Authorization` header, such as `{"https://mirror.example/": "Bearer …"}`.',
    parse: parseText,
  },
  feedsPrivateHosts: {
    variable: 'PARAPET_FEEDS_PRIVATE_HOSTS',
    limit: 'host names or addresses, separated by commas',
    meaning:
      'Hosts in private networks that a redirect of a feed may lead to. URLs that you wrote yourself may always lead there.',
    parse: parseHosts,
  },
  exportKeyFile: {
    variable: 'PARAPET_EXPORT_KEY_FILE',
    path: true,
    limit: 'the path of a file',
    meaning:
      'The private key by which `parapet advisories export` signs. Without it, `export-key.pem` in the data folder.',
    parse: parseText,
  },
  trustedKeys: {
    variable: 'PARAPET_TRUSTED_KEYS',
    limit: `up to ${TRUSTED_KEYS_MAX} public keys such as \`ed25519:…\`, separated by commas`,
    meaning:
      'Whose exports `parapet advisories import` takes: the keys that `parapet advisories export` prints.',
    parse: parsePublicKeys,
  },
} as const satisfies Record<string, ConfigField<unknown>>;
