-- When what is known was fetched: filled by the database with the beginning of the import's transaction, so no statement of an
-- import has to. NULL: from before this migration. Milliseconds since 1970, as everywhere.

-- Of this version of the record; a changed record is a new row.
ALTER TABLE advisory ADD COLUMN fetched_at bigint;
ALTER TABLE advisory ALTER COLUMN fetched_at SET DEFAULT floor(extract(epoch FROM now()) * 1000)::bigint;

-- Of the first record of the vulnerability.
ALTER TABLE vulnerability ADD COLUMN fetched_at bigint;
ALTER TABLE vulnerability ALTER COLUMN fetched_at SET DEFAULT floor(extract(epoch FROM now()) * 1000)::bigint;

-- Of the first import that brought the feed: what came with it says how old the feed is, not how long fetching took.
ALTER TABLE feed ADD COLUMN first_fetched_at bigint;
ALTER TABLE feed ALTER COLUMN first_fetched_at SET DEFAULT floor(extract(epoch FROM now()) * 1000)::bigint;
