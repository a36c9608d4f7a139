-- Advisories: shared by all projects (on Citus: reference tables). Fleet: every key starts with the project.

-- ---------------------------------------------------------------- advisories

-- One row: the number of the advisory set in force. An import raises it by one in the transaction that switches the set.
CREATE TABLE advisory_set (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision bigint NOT NULL,
  changed_at bigint NOT NULL
);
INSERT INTO advisory_set (revision, changed_at) VALUES (0, 0);

CREATE TABLE feed (
  name text PRIMARY KEY,
  published_at bigint,
  imported_at bigint NOT NULL,
  revision bigint NOT NULL,
  records integer NOT NULL
);

-- Which ecosystems a feed answers for, and how new its newest record for each is (ms since 1970).
CREATE TABLE feed_coverage (
  feed text NOT NULL,
  ecosystem text NOT NULL,
  newest_at bigint,
  records integer NOT NULL,
  PRIMARY KEY (feed, ecosystem)
);

-- `facts` is the advisory in the common form without `affected`, as JSON.
-- `number` stands for the record in the two tables below; an import gives a new one to every record that is new or changed.
CREATE TABLE advisory (
  number integer NOT NULL UNIQUE,
  feed text NOT NULL,
  id text NOT NULL,
  published_at bigint,
  modified_at bigint,
  digest bytea NOT NULL,
  revision bigint NOT NULL,
  facts text NOT NULL,
  PRIMARY KEY (feed, id)
);

-- `name` is the name it is filed under (filedName of src/matching/candidate.ts); `entries` is the JSON list of what the
-- advisory says of it.
CREATE TABLE advisory_affected (
  ecosystem text NOT NULL,
  name text NOT NULL,
  advisory integer NOT NULL,
  entries text NOT NULL
);
-- Not unique on purpose: an import writes a million rows, and an index that may hold equal keys together is a third of the size.
CREATE INDEX advisory_affected_by_name ON advisory_affected (ecosystem, name);
CREATE INDEX advisory_affected_by_advisory ON advisory_affected (advisory);

CREATE TABLE advisory_vulnerability (
  type text NOT NULL,
  vulnerability_id text NOT NULL,
  advisory integer NOT NULL
);
CREATE INDEX advisory_vulnerability_by_id ON advisory_vulnerability (type, vulnerability_id);
CREATE INDEX advisory_vulnerability_by_advisory ON advisory_vulnerability (advisory);

CREATE TABLE known_exploited (
  cve text PRIMARY KEY,
  name text NOT NULL,
  added_at bigint NOT NULL
);

CREATE TABLE exploit_probability (
  cve text PRIMARY KEY,
  probability real NOT NULL
);

-- What the API lists. `number` stands for (type, id) in every array and never changes its meaning; rows are never deleted.
CREATE TABLE vulnerability (
  number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  type text NOT NULL CHECK (type IN ('linux_vul', 'windows_vul', 'web_cms', 'app_vul', 'urgent_vul')),
  id text NOT NULL CHECK (length(id) BETWEEN 1 AND 64),
  title text NOT NULL,
  cves text[] NOT NULL,
  -- What its own records say; `cvss` is the highest of that and of what any record says of one of its CVEs alone.
  own_cvss real,
  cvss real,
  severity_word text,
  published_at bigint,
  known_exploited boolean NOT NULL,
  exploit_probability real,
  revision bigint NOT NULL,
  UNIQUE (type, id)
);
CREATE INDEX vulnerability_by_id ON vulnerability (id);
CREATE INDEX vulnerability_by_cve ON vulnerability USING gin (cves);

-- ---------------------------------------------------------------- fleet

CREATE TABLE server_group (
  project_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  name_folded text NOT NULL,
  PRIMARY KEY (project_id, id),
  UNIQUE (project_id, name)
);

-- One distinct package, matched once for all servers that have it. `digest` is the first 16 bytes of SHA-256 over its fields.
-- The arrays are parallel: vulnerability number and the version that fixes it (NULL: no fix is known).
-- `matched_revision` is the advisory set they were computed from; NULL: not matched yet.
CREATE TABLE package (
  project_id text NOT NULL,
  id integer GENERATED ALWAYS AS IDENTITY,
  digest bytea NOT NULL,
  ecosystem text NOT NULL,
  name text NOT NULL,
  version text NOT NULL,
  arch text NOT NULL,
  source text NOT NULL,
  source_version text NOT NULL,
  module text NOT NULL,
  origin text NOT NULL,
  -- The names under which records about it are filed: lookupNames of src/matching/candidate.ts.
  lookup_names text[] NOT NULL,
  match_vulnerability integer[] NOT NULL DEFAULT '{}',
  match_fixed_version text[] NOT NULL DEFAULT '{}',
  matched_revision bigint,
  PRIMARY KEY (project_id, id),
  UNIQUE (project_id, digest)
);
CREATE INDEX package_by_name ON package (ecosystem, name);
CREATE INDEX package_by_lookup_name ON package USING gin (lookup_names);
CREATE INDEX package_by_vulnerability ON package USING gin (match_vulnerability);

-- One row a server. Its packages and its findings are arrays in the row; the finding_* arrays are parallel.
-- finding_status and finding_priority hold the numbers of src/findings/finding.ts.
-- The counts are those of the row as it is shown: open findings where there are any, else ignored and fixed ones.
CREATE TABLE server (
  project_id text NOT NULL,
  id text NOT NULL,
  enterprise_project_id text NOT NULL DEFAULT '0',
  -- What this server is known by (design.md section 4): `agent:…`, `id:…`, `uuid:…` or `name:…`.
  identity text NOT NULL,
  agent_id text NOT NULL DEFAULT '',
  machine_id text NOT NULL DEFAULT '',
  name text NOT NULL,
  name_folded text NOT NULL,
  region text NOT NULL DEFAULT '',
  public_ip text NOT NULL DEFAULT '',
  private_ip text NOT NULL DEFAULT '',
  group_id text,
  os_type text NOT NULL CHECK (os_type IN ('Linux', 'Windows')),
  system text NOT NULL,
  os_name text NOT NULL DEFAULT '',
  asset_value text NOT NULL DEFAULT 'common' CHECK (asset_value IN ('important', 'common', 'test')),
  cluster_id text NOT NULL DEFAULT '',
  node_type text NOT NULL DEFAULT 'not_cce' CHECK (node_type IN ('cce', 'not_cce')),
  edition text NOT NULL DEFAULT 'hss.version.premium',
  -- Fields that a person set and reports leave alone: name, public_ip, private_ip.
  pinned_fields text[] NOT NULL DEFAULT '{}',
  created_at bigint NOT NULL,
  -- The last accepted report, unchanged ones included; NULL: never reported, so not listed.
  scan_time bigint,
  kernel_release text NOT NULL DEFAULT '',
  kernel_version text NOT NULL DEFAULT '',
  inventory_digest text NOT NULL DEFAULT '',
  inventory_problems text[] NOT NULL DEFAULT '{}',
  package_ids integer[] NOT NULL DEFAULT '{}',
  -- Paths of application packages: {"<package id>": ["/path", …]}.
  package_paths text NOT NULL DEFAULT '{}',
  finding_vulnerability integer[] NOT NULL DEFAULT '{}',
  finding_status smallint[] NOT NULL DEFAULT '{}',
  finding_priority smallint[] NOT NULL DEFAULT '{}',
  finding_fixable boolean[] NOT NULL DEFAULT '{}',
  finding_first_seen_at bigint[] NOT NULL DEFAULT '{}',
  finding_status_since bigint[] NOT NULL DEFAULT '{}',
  open_count integer NOT NULL DEFAULT 0,
  critical_count integer NOT NULL DEFAULT 0,
  high_count integer NOT NULL DEFAULT 0,
  medium_count integer NOT NULL DEFAULT 0,
  low_count integer NOT NULL DEFAULT 0,
  score smallint NOT NULL DEFAULT 100,
  level text NOT NULL DEFAULT 'Security' CHECK (level IN ('High', 'Medium', 'Low', 'Security')),
  -- One bit a finding status that the listed findings have.
  status_bits smallint NOT NULL DEFAULT 0,
  -- Not covered by a feed, or its feed is stale, or silent for too long; kept by refreshCoverage.
  is_unknown boolean NOT NULL DEFAULT true,
  -- The moment at which the clock alone next changes this row; NULL: never.
  due_at bigint,
  severity_level text NOT NULL GENERATED ALWAYS AS (CASE WHEN open_count = 0 AND is_unknown THEN '' ELSE level END) STORED,
  -- Worst first: twice the score, unknown just before Security.
  sort_rank smallint NOT NULL GENERATED ALWAYS AS (CASE WHEN open_count = 0 AND is_unknown THEN 199 ELSE score * 2 END) STORED,
  PRIMARY KEY (project_id, id),
  UNIQUE (project_id, identity)
-- Room in each page for the next version of a row: an update that moves no indexed column, such as an unchanged report, then
-- stays out of every index. In the inverted ones a row has some 600 entries (measured: 3.7 ms a row, and 0.02 ms so).
) WITH (fillfactor = 70);
CREATE INDEX server_by_rank ON server (project_id, sort_rank, critical_count DESC, high_count DESC, medium_count DESC, low_count DESC, name COLLATE "C", id COLLATE "C");
CREATE INDEX server_by_package ON server USING gin (package_ids);
CREATE INDEX server_by_finding ON server USING gin (finding_vulnerability);
CREATE INDEX server_by_system ON server (project_id, system);
CREATE INDEX server_by_due ON server (due_at) WHERE due_at IS NOT NULL;

-- What a person said about a finding. Kept until undone, also while the finding is away.
CREATE TABLE decision (
  project_id text NOT NULL,
  server_id text NOT NULL,
  vulnerability integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('ignored', 'claimed_fixed')),
  until bigint,
  remark text NOT NULL,
  decided_by text NOT NULL,
  decided_at bigint NOT NULL,
  PRIMARY KEY (project_id, server_id, vulnerability)
);

-- History: appended to, never changed.
CREATE TABLE finding_event (
  project_id text NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  server_id text NOT NULL,
  vulnerability integer NOT NULL,
  kind text NOT NULL,
  status_before smallint,
  status_after smallint,
  actor text NOT NULL,
  remark text NOT NULL,
  at bigint NOT NULL,
  PRIMARY KEY (project_id, id)
);
CREATE INDEX finding_event_by_server ON finding_event (project_id, server_id, at);

CREATE TABLE project_setting (
  project_id text PRIMARY KEY,
  include_unfixed boolean NOT NULL DEFAULT false
);

-- ---------------------------------------------------------------- work that an import leaves to be done

-- Packages whose advisories changed: matched again by jobs/follow-advisories.ts.
CREATE TABLE rematch_package (
  project_id text NOT NULL,
  package_id integer NOT NULL,
  PRIMARY KEY (project_id, package_id)
);

-- Packages whose matches changed, or vulnerabilities whose facts changed: the servers that have them are assessed again.
CREATE TABLE reassess (
  project_id text NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  package_ids integer[] NOT NULL,
  vulnerabilities integer[] NOT NULL,
  PRIMARY KEY (project_id, id)
);
