-- What operators call urgent: CVEs and KBs that records name, and questions by name and range of versions. Each is a
-- vulnerability of type urgent_vul with this id, which packages match like any other.
CREATE TABLE urgent_item (
  project_id text NOT NULL,
  id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('cve', 'kb', 'package')),
  -- The CVE, the KB, or the name of a package.
  name text NOT NULL,
  -- Of a package; empty: any.
  ecosystem text NOT NULL DEFAULT '',
  -- Of a package, as it was written.
  range text NOT NULL DEFAULT '',
  -- CVEs and other ids by which publishers may come to call what a question is about: a record that bears one retires it.
  aliases text[] NOT NULL DEFAULT '{}',
  vulnerability integer NOT NULL,
  asked_by text NOT NULL,
  asked_at bigint NOT NULL,
  reason text NOT NULL,
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'retired', 'removed')),
  state_since bigint NOT NULL,
  -- Ids of the vulnerabilities of the record that retired it.
  retired_into text[] NOT NULL DEFAULT '{}',
  first_match_at bigint,
  -- True to a minute: see store/urgent/note-urgent-matches.ts.
  last_match_at bigint,
  PRIMARY KEY (project_id, id)
);

-- Who asked, asked again, removed, and what retired it.
CREATE TABLE urgent_event (
  project_id text NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  item text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('asked', 'retired', 'removed')),
  actor text NOT NULL,
  reason text NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (project_id, id)
);
CREATE INDEX urgent_event_by_item ON urgent_event (project_id, item, id);

-- The moment against which the age of feeds is measured; NULL: now. The demo's snapshot is measured by its own date.
ALTER TABLE advisory_set ADD COLUMN feeds_measured_at bigint;
