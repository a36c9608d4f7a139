import { FEED_CATALOGUE } from '../../fetching/feed-catalogue.ts';
import { type Command, JSON_OPTION, readArguments, writeResult } from '../command.ts';
import { alignedTable } from '../table.ts';

/** `parapet advisories feeds`: the catalogue of feeds. */
export const advisoriesFeeds: Command = {
  name: 'advisories feeds',
  summary: 'List the feeds that Parapet can fetch',
  help: `Usage: parapet advisories feeds [--json]

Lists the feeds that PARAPET_FEEDS and \`parapet advisories update --feed\` know by name: who publishes each, what it speaks of
and where it is fetched from. Terms are the publisher's. Neither the network nor a database is asked.

  --json   the list as JSON, with format and licence

Examples:
  parapet advisories feeds
  parapet advisories feeds --json | jq -r '.[].name'
`,
  run: async (args, io) => {
    const given = readArguments(args, {
      command: 'advisories feeds',
      options: JSON_OPTION,
      positionals: { min: 0, max: 0, what: '' },
    });
    const feeds = FEED_CATALOGUE.map(({ files, isAlternative, ecosystems, ...feed }) => ({
      name: feed.name,
      title: feed.title,
      publisher: feed.publisher,
      url: files.url,
      format: feed.format,
      licence: feed.licence,
      covers: feed.covers,
      ecosystems,
      in_auto: !isAlternative,
    }));
    const rows = feeds.map(({ name, covers, publisher, licence, url }) => [
      name,
      covers,
      publisher,
      licence,
      url,
    ]);
    writeResult(io, given.flag('json'), {
      json: feeds,
      text: alignedTable(['name', 'covers', 'publisher', 'licence', 'fetched from'], rows).join('\n'),
    });
    return 0;
  },
};
