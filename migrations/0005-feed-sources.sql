-- Feeds that are fetched from their publishers: when each was tried, what is in force of each of its files, and what it says of
-- its own age.

-- One row a feed that was ever fetched. `feeds` are the feeds (of table feed) that its files brought. `error` is why the last
-- attempt failed, or what of it did; empty: it did not.
CREATE TABLE feed_source (
  name text PRIMARY KEY,
  url text NOT NULL,
  feeds text[] NOT NULL DEFAULT '{}',
  tried_at bigint NOT NULL,
  succeeded_at bigint,
  changed_at bigint,
  next_at bigint,
  failures integer NOT NULL DEFAULT 0,
  error text NOT NULL DEFAULT ''
);

-- One row a file in force, by its publisher's URL: what conditional requests are asked with. `lists` are the whole lists that it
-- brought; where one of them is imported from elsewhere, the row goes, so that the file is fetched anew.
CREATE TABLE feed_file (
  source text NOT NULL,
  url text NOT NULL,
  etag text NOT NULL,
  last_modified text NOT NULL,
  stamp text NOT NULL,
  lists text[] NOT NULL,
  PRIMARY KEY (source, url)
);

-- The publisher's date of what a feed that is no whole list says of one ecosystem: that of the file it came in.
ALTER TABLE feed_coverage ADD COLUMN published_at bigint;
