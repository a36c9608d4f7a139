-- A change of findings rewrites a server's row in place: none of the columns that it changes is in an index, and a page has
-- room for the new row (docs/decisions/0024-findings-written-in-place.md).

-- Only the answer in SQL used it, which is asked where no node has the server view in memory.
DROP INDEX server_by_rank;
ALTER TABLE server SET (fillfactor = 70);

-- Up to which moment (ms since 1970) vulnerabilities that stopped being new have been followed. What came before is in
-- `server.due_at` of rows that an earlier release wrote.
CREATE TABLE priority_clock (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  followed_until bigint NOT NULL
);
INSERT INTO priority_clock (followed_until) VALUES ((extract(epoch FROM now()) * 1000)::bigint);

-- Vulnerabilities that packages of `package_ids` have come to raise or no longer raise; `vulnerabilities` are those whose
-- own facts changed, whatever raises them. What says neither is followed by assessing servers whole.
ALTER TABLE reassess ADD COLUMN matched_vulnerabilities integer[];
