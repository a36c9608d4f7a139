-- What many servers have alike is stored once: their packages, and their findings but for the moments. A server's row points
-- at both. docs/decisions/0016-shared-sets.md says why, with what was measured.

-- The packages of an inventory, ascending, each once. `digest` is the first 16 bytes of SHA-256 over array_send().
-- Sets are never changed, and removed by a job once no server has had one for days: `used_at` is kept within a day.
CREATE TABLE package_set (
  project_id text NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  digest bytea NOT NULL,
  package_ids integer[] NOT NULL,
  used_at bigint NOT NULL,
  PRIMARY KEY (project_id, id),
  UNIQUE (project_id, digest)
);
-- A long pending list: new entries are sorted into the index by the thousand, not some 470 single ones for each new set.
CREATE INDEX package_set_by_package ON package_set USING gin (package_ids) WITH (gin_pending_list_limit = 65536);

-- Findings as parallel arrays, ordered by vulnerability; status and priority hold the numbers of src/findings/finding.ts.
CREATE TABLE finding_set (
  project_id text NOT NULL,
  id bigint GENERATED ALWAYS AS IDENTITY,
  digest bytea NOT NULL,
  vulnerability integer[] NOT NULL,
  status smallint[] NOT NULL,
  priority smallint[] NOT NULL,
  fixable boolean[] NOT NULL,
  -- All are open and have a fix, so that every listing of them is `vulnerability` itself.
  is_plain boolean NOT NULL,
  -- One of them is fixed, and will leave the lists at a moment that is its server's own.
  has_fixed boolean NOT NULL,
  used_at bigint NOT NULL,
  PRIMARY KEY (project_id, id),
  UNIQUE (project_id, digest)
);

-- NULL: nothing was ever reported. The moments of a finding (first seen, and since when it has its status) are
-- `finding_since`, unless `finding_dates` says otherwise: triples of vulnerability, first seen and status since, of which the
-- last one of a vulnerability counts; -1 leaves the moment before.
ALTER TABLE server
  ADD COLUMN package_set bigint,
  ADD COLUMN finding_set bigint,
  ADD COLUMN finding_since bigint NOT NULL DEFAULT 0,
  ADD COLUMN finding_dates bigint[] NOT NULL DEFAULT '{}';

INSERT INTO package_set (project_id, digest, package_ids, used_at)
  SELECT DISTINCT project_id, substring(sha256(array_send(package_ids)) FOR 16), package_ids,
    (extract(epoch FROM now()) * 1000)::bigint
  FROM server WHERE scan_time IS NOT NULL;

INSERT INTO finding_set (project_id, digest, vulnerability, status, priority, fixable, is_plain, has_fixed, used_at)
  SELECT DISTINCT project_id,
    substring(sha256(array_send(finding_vulnerability) || array_send(finding_status) || array_send(finding_priority)
      || array_send(finding_fixable)) FOR 16),
    finding_vulnerability, finding_status, finding_priority, finding_fixable,
    NOT finding_status && '{1,4}' AND NOT false = ANY (finding_fixable), 4 = ANY (finding_status),
    (extract(epoch FROM now()) * 1000)::bigint
  FROM server WHERE scan_time IS NOT NULL;

UPDATE server s SET
  package_set = p.id,
  finding_set = f.id,
  finding_dates = ARRAY(
    SELECT moment.value
    FROM unnest(s.finding_vulnerability, s.finding_first_seen_at, s.finding_status_since) WITH ORDINALITY
      AS finding (vulnerability, first_seen, since, at)
    CROSS JOIN LATERAL (VALUES (1, vulnerability::bigint), (2, first_seen), (3, since)) AS moment (part, value)
    ORDER BY finding.at, moment.part)
FROM package_set p, finding_set f
WHERE s.scan_time IS NOT NULL
  AND p.project_id = s.project_id AND p.digest = substring(sha256(array_send(s.package_ids)) FOR 16)
  AND f.project_id = s.project_id
  AND f.digest = substring(sha256(array_send(s.finding_vulnerability) || array_send(s.finding_status)
    || array_send(s.finding_priority) || array_send(s.finding_fixable)) FOR 16);

-- Their inverted indexes go with them.
ALTER TABLE server
  DROP COLUMN package_ids,
  DROP COLUMN finding_vulnerability,
  DROP COLUMN finding_status,
  DROP COLUMN finding_priority,
  DROP COLUMN finding_fixable,
  DROP COLUMN finding_first_seen_at,
  DROP COLUMN finding_status_since;

CREATE INDEX server_by_package_set ON server (project_id, package_set);

-- Raised whenever stored matches of packages change: whoever keeps matches beyond one transaction looks whether it moved.
ALTER TABLE advisory_set ADD COLUMN match_generation bigint NOT NULL DEFAULT 0;
