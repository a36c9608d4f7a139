import { readCredentialsFile } from './credentials-file.ts';
import { HTTP_LIMITS, type HttpSettings, type Mirror, type ProxySettings } from './http-settings.ts';

/** The settings of configuration that fetching follows. Throws `config-invalid` where the file of credentials cannot be used. */
export async function readHttpSettings(config: {
  readonly proxy: ProxySettings;
  readonly feedsMirrors: readonly Mirror[] | undefined;
  readonly feedsCredentialsFile: string | undefined;
  readonly feedsPrivateHosts: readonly string[] | undefined;
}): Promise<HttpSettings> {
  const { proxy, feedsMirrors, feedsCredentialsFile, feedsPrivateHosts } = config;
  return {
    proxy,
    mirrors: feedsMirrors ?? [],
    credentials: feedsCredentialsFile === undefined ? [] : await readCredentialsFile(feedsCredentialsFile),
    privateHosts: feedsPrivateHosts ?? [],
    limits: HTTP_LIMITS,
  };
}
