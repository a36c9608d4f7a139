-- The schema after the last migration. Written by `npm run schema`; do not edit.

CREATE TABLE access_key (
  access_key text NOT NULL,
  user_id text NOT NULL,
  sealed_secret_key bytea NOT NULL,
  status text NOT NULL DEFAULT 'active'::text,
  description text NOT NULL,
  created_at bigint NOT NULL,
  last_used_at bigint,
  failures integer NOT NULL DEFAULT 0,
  locked_until bigint,
  CONSTRAINT access_key_pkey PRIMARY KEY (access_key),
  CONSTRAINT access_key_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id) ON DELETE CASCADE,
  CONSTRAINT access_key_access_key_check CHECK (length(access_key) >= 1 AND length(access_key) <= 64),
  CONSTRAINT access_key_status_check CHECK (status = ANY (ARRAY['active'::text, 'inactive'::text]))
);

CREATE INDEX access_key_by_user ON access_key USING btree (user_id);

CREATE TABLE advisory (
  number integer NOT NULL,
  feed text NOT NULL,
  id text NOT NULL,
  published_at bigint,
  modified_at bigint,
  digest bytea NOT NULL,
  revision bigint NOT NULL,
  facts text NOT NULL,
  fetched_at bigint DEFAULT (floor((EXTRACT(epoch FROM now()) * (1000)::numeric)))::bigint,
  CONSTRAINT advisory_pkey PRIMARY KEY (feed, id),
  CONSTRAINT advisory_number_key UNIQUE (number)
);

CREATE TABLE advisory_affected (
  ecosystem text NOT NULL,
  name text NOT NULL,
  advisory integer NOT NULL,
  entries text NOT NULL
);

CREATE INDEX advisory_affected_by_advisory ON advisory_affected USING btree (advisory);
CREATE INDEX advisory_affected_by_name ON advisory_affected USING btree (ecosystem, name);

CREATE TABLE advisory_set (
  only_row boolean NOT NULL DEFAULT true,
  revision bigint NOT NULL,
  changed_at bigint NOT NULL,
  match_generation bigint NOT NULL DEFAULT 0,
  feeds_measured_at bigint,
  CONSTRAINT advisory_set_pkey PRIMARY KEY (only_row),
  CONSTRAINT advisory_set_only_row_check CHECK (only_row)
);

CREATE TABLE advisory_vulnerability (
  type text NOT NULL,
  vulnerability_id text NOT NULL,
  advisory integer NOT NULL
);

CREATE INDEX advisory_vulnerability_by_advisory ON advisory_vulnerability USING btree (advisory);
CREATE INDEX advisory_vulnerability_by_id ON advisory_vulnerability USING btree (type, vulnerability_id);

CREATE TABLE agent_credential (
  project_id text NOT NULL,
  server_id text NOT NULL,
  hash bytea NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT agent_credential_pkey PRIMARY KEY (project_id, server_id),
  CONSTRAINT agent_credential_hash_key UNIQUE (hash),
  CONSTRAINT agent_credential_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id) ON DELETE CASCADE
);

CREATE TABLE app_user (
  id text NOT NULL,
  domain_id text NOT NULL,
  name text NOT NULL,
  password_hash text NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  created_at bigint NOT NULL,
  CONSTRAINT app_user_pkey PRIMARY KEY (id),
  CONSTRAINT app_user_domain_id_name_key UNIQUE (domain_id, name),
  CONSTRAINT app_user_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES domain(id) ON DELETE CASCADE,
  CONSTRAINT app_user_id_check CHECK (length(id) >= 1 AND length(id) <= 64),
  CONSTRAINT app_user_name_check CHECK (length(name) >= 1 AND length(name) <= 64)
);

CREATE TABLE decision (
  project_id text NOT NULL,
  server_id text NOT NULL,
  vulnerability integer NOT NULL,
  kind text NOT NULL,
  until bigint,
  remark text NOT NULL,
  decided_by text NOT NULL,
  decided_at bigint NOT NULL,
  CONSTRAINT decision_pkey PRIMARY KEY (project_id, server_id, vulnerability),
  CONSTRAINT decision_kind_check CHECK (kind = ANY (ARRAY['ignored'::text, 'claimed_fixed'::text]))
);

CREATE TABLE domain (
  id text NOT NULL,
  name text NOT NULL,
  created_at bigint NOT NULL,
  CONSTRAINT domain_pkey PRIMARY KEY (id),
  CONSTRAINT domain_name_key UNIQUE (name),
  CONSTRAINT domain_id_check CHECK (length(id) >= 1 AND length(id) <= 64),
  CONSTRAINT domain_name_check CHECK (length(name) >= 1 AND length(name) <= 64)
);

CREATE TABLE enrolment_token (
  project_id text NOT NULL,
  id text NOT NULL,
  hash bytea NOT NULL,
  enterprise_project_id text NOT NULL,
  name text NOT NULL,
  defaults text NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint,
  uses_left integer,
  CONSTRAINT enrolment_token_pkey PRIMARY KEY (project_id, id),
  CONSTRAINT enrolment_token_hash_key UNIQUE (hash),
  CONSTRAINT enrolment_token_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id) ON DELETE CASCADE,
  CONSTRAINT enrolment_token_name_check CHECK (length(name) >= 1 AND length(name) <= 64),
  CONSTRAINT enrolment_token_uses_left_check CHECK (uses_left >= 0)
);

CREATE TABLE enterprise_project (
  domain_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  created_at bigint NOT NULL,
  CONSTRAINT enterprise_project_pkey PRIMARY KEY (domain_id, id),
  CONSTRAINT enterprise_project_domain_id_name_key UNIQUE (domain_id, name),
  CONSTRAINT enterprise_project_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES domain(id) ON DELETE CASCADE,
  CONSTRAINT enterprise_project_id_check CHECK (length(id) >= 1 AND length(id) <= 64 AND id <> 'all_granted_eps'::text),
  CONSTRAINT enterprise_project_name_check CHECK (length(name) >= 1 AND length(name) <= 64)
);

CREATE TABLE exploit_probability (
  cve text NOT NULL,
  probability real NOT NULL,
  CONSTRAINT exploit_probability_pkey PRIMARY KEY (cve)
);

CREATE TABLE feed (
  name text NOT NULL,
  published_at bigint,
  imported_at bigint NOT NULL,
  revision bigint NOT NULL,
  records integer NOT NULL,
  first_fetched_at bigint DEFAULT (floor((EXTRACT(epoch FROM now()) * (1000)::numeric)))::bigint,
  CONSTRAINT feed_pkey PRIMARY KEY (name)
);

CREATE TABLE feed_coverage (
  feed text NOT NULL,
  ecosystem text NOT NULL,
  newest_at bigint,
  records integer NOT NULL,
  published_at bigint,
  CONSTRAINT feed_coverage_pkey PRIMARY KEY (feed, ecosystem)
);

CREATE TABLE feed_file (
  source text NOT NULL,
  url text NOT NULL,
  etag text NOT NULL,
  last_modified text NOT NULL,
  stamp text NOT NULL,
  lists text[] NOT NULL,
  CONSTRAINT feed_file_pkey PRIMARY KEY (source, url)
);

CREATE TABLE feed_source (
  name text NOT NULL,
  url text NOT NULL,
  feeds text[] NOT NULL DEFAULT '{}'::text[],
  tried_at bigint NOT NULL,
  succeeded_at bigint,
  changed_at bigint,
  next_at bigint,
  failures integer NOT NULL DEFAULT 0,
  error text NOT NULL DEFAULT ''::text,
  CONSTRAINT feed_source_pkey PRIMARY KEY (name)
);

CREATE TABLE finding_event (
  project_id text NOT NULL,
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  server_id text NOT NULL,
  vulnerability integer NOT NULL,
  kind text NOT NULL,
  status_before smallint,
  status_after smallint,
  actor text NOT NULL,
  remark text NOT NULL,
  at bigint NOT NULL,
  CONSTRAINT finding_event_pkey PRIMARY KEY (project_id, id)
);

CREATE INDEX finding_event_by_server ON finding_event USING hash (server_id);

CREATE TABLE finding_set (
  project_id text NOT NULL,
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  digest bytea NOT NULL,
  vulnerability integer[] NOT NULL,
  status smallint[] NOT NULL,
  priority smallint[] NOT NULL,
  fixable boolean[] NOT NULL,
  is_plain boolean NOT NULL,
  has_fixed boolean NOT NULL,
  used_at bigint NOT NULL,
  CONSTRAINT finding_set_pkey PRIMARY KEY (project_id, id),
  CONSTRAINT finding_set_project_id_digest_key UNIQUE (project_id, digest)
);

CREATE INDEX finding_set_with_fixed ON finding_set USING btree (project_id) WHERE has_fixed;

CREATE TABLE imported_export (
  only_row boolean NOT NULL DEFAULT true,
  created_at bigint NOT NULL,
  revision bigint NOT NULL,
  key text NOT NULL,
  imported_at bigint NOT NULL,
  CONSTRAINT imported_export_pkey PRIMARY KEY (only_row),
  CONSTRAINT imported_export_only_row_check CHECK (only_row)
);

CREATE TABLE known_exploited (
  cve text NOT NULL,
  name text NOT NULL,
  added_at bigint NOT NULL,
  CONSTRAINT known_exploited_pkey PRIMARY KEY (cve)
);

CREATE TABLE package (
  project_id text NOT NULL,
  id integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  digest bytea NOT NULL,
  ecosystem text NOT NULL,
  name text NOT NULL,
  version text NOT NULL,
  arch text NOT NULL,
  source text NOT NULL,
  source_version text NOT NULL,
  module text NOT NULL,
  origin text NOT NULL,
  lookup_names text[] NOT NULL,
  match_vulnerability integer[] NOT NULL DEFAULT '{}'::integer[],
  match_fixed_version text[] NOT NULL DEFAULT '{}'::text[],
  matched_revision bigint,
  updates text,
  match_replacing integer[],
  match_replaced integer[],
  CONSTRAINT package_pkey PRIMARY KEY (project_id, id),
  CONSTRAINT package_project_id_digest_key UNIQUE (project_id, digest)
);

CREATE INDEX package_by_lookup_name ON package USING gin (lookup_names);
CREATE INDEX package_by_name ON package USING btree (ecosystem, name);
CREATE INDEX package_by_replaced_update ON package USING gin (match_replaced) WHERE (match_replaced IS NOT NULL);
CREATE INDEX package_by_vulnerability ON package USING gin (match_vulnerability);

CREATE TABLE package_set (
  project_id text NOT NULL,
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  digest bytea NOT NULL,
  package_ids integer[] NOT NULL,
  used_at bigint NOT NULL,
  CONSTRAINT package_set_pkey PRIMARY KEY (project_id, id),
  CONSTRAINT package_set_project_id_digest_key UNIQUE (project_id, digest)
);

CREATE INDEX package_set_by_package ON package_set USING gin (package_ids) WITH (gin_pending_list_limit='65536');

CREATE TABLE priority_clock (
  only_row boolean NOT NULL DEFAULT true,
  followed_until bigint NOT NULL,
  CONSTRAINT priority_clock_pkey PRIMARY KEY (only_row),
  CONSTRAINT priority_clock_only_row_check CHECK (only_row)
);

CREATE TABLE project (
  id text NOT NULL,
  domain_id text NOT NULL,
  name text NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  created_at bigint NOT NULL,
  CONSTRAINT project_pkey PRIMARY KEY (id),
  CONSTRAINT project_domain_id_name_key UNIQUE (domain_id, name),
  CONSTRAINT project_domain_id_fkey FOREIGN KEY (domain_id) REFERENCES domain(id) ON DELETE CASCADE,
  CONSTRAINT project_id_check CHECK (length(id) >= 1 AND length(id) <= 64),
  CONSTRAINT project_name_check CHECK (length(name) >= 1 AND length(name) <= 64)
);

CREATE TABLE project_setting (
  project_id text NOT NULL,
  include_unfixed boolean NOT NULL DEFAULT false,
  CONSTRAINT project_setting_pkey PRIMARY KEY (project_id)
);

CREATE TABLE reassess (
  project_id text NOT NULL,
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  package_ids integer[] NOT NULL,
  vulnerabilities integer[] NOT NULL,
  matched_vulnerabilities integer[],
  CONSTRAINT reassess_pkey PRIMARY KEY (project_id, id)
);

CREATE TABLE rematch_package (
  project_id text NOT NULL,
  package_id integer NOT NULL,
  CONSTRAINT rematch_package_pkey PRIMARY KEY (project_id, package_id)
);

CREATE TABLE role_grant (
  user_id text NOT NULL,
  project_id text,
  enterprise_project_id text,
  role text NOT NULL,
  granted_at bigint NOT NULL,
  CONSTRAINT role_grant_user_id_project_id_enterprise_project_id_key UNIQUE NULLS NOT DISTINCT (user_id, project_id, enterprise_project_id),
  CONSTRAINT role_grant_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id) ON DELETE CASCADE,
  CONSTRAINT role_grant_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id) ON DELETE CASCADE,
  CONSTRAINT role_grant_role_check CHECK (role = ANY (ARRAY['read'::text, 'operate'::text, 'admin'::text]))
);

CREATE TABLE schema_migration (
  number integer NOT NULL,
  name text NOT NULL,
  checksum text NOT NULL,
  applied_at timestamp with time zone NOT NULL DEFAULT now(),
  CONSTRAINT schema_migration_pkey PRIMARY KEY (number)
);

CREATE TABLE secret_key_fingerprint (
  only_row boolean NOT NULL DEFAULT true,
  fingerprint bytea NOT NULL,
  CONSTRAINT secret_key_fingerprint_pkey PRIMARY KEY (only_row),
  CONSTRAINT secret_key_fingerprint_only_row_check CHECK (only_row)
);

CREATE TABLE server (
  project_id text NOT NULL,
  id text NOT NULL,
  enterprise_project_id text NOT NULL DEFAULT '0'::text,
  identity text NOT NULL,
  agent_id text NOT NULL DEFAULT ''::text,
  machine_id text NOT NULL DEFAULT ''::text,
  name text NOT NULL,
  name_folded text NOT NULL,
  region text NOT NULL DEFAULT ''::text,
  public_ip text NOT NULL DEFAULT ''::text,
  private_ip text NOT NULL DEFAULT ''::text,
  group_id text,
  os_type text NOT NULL,
  system text NOT NULL,
  os_name text NOT NULL DEFAULT ''::text,
  asset_value text NOT NULL DEFAULT 'common'::text,
  cluster_id text NOT NULL DEFAULT ''::text,
  node_type text NOT NULL DEFAULT 'not_cce'::text,
  edition text NOT NULL DEFAULT 'hss.version.premium'::text,
  pinned_fields text[] NOT NULL DEFAULT '{}'::text[],
  created_at bigint NOT NULL,
  scan_time bigint,
  kernel_release text NOT NULL DEFAULT ''::text,
  kernel_version text NOT NULL DEFAULT ''::text,
  inventory_digest text NOT NULL DEFAULT ''::text,
  inventory_problems text[] NOT NULL DEFAULT '{}'::text[],
  package_paths text NOT NULL DEFAULT '{}'::text,
  open_count integer NOT NULL DEFAULT 0,
  critical_count integer NOT NULL DEFAULT 0,
  high_count integer NOT NULL DEFAULT 0,
  medium_count integer NOT NULL DEFAULT 0,
  low_count integer NOT NULL DEFAULT 0,
  score smallint NOT NULL DEFAULT 100,
  level text NOT NULL DEFAULT 'Security'::text,
  status_bits smallint NOT NULL DEFAULT 0,
  is_unknown boolean NOT NULL DEFAULT true,
  due_at bigint,
  severity_level text NOT NULL GENERATED ALWAYS AS (
CASE
    WHEN ((open_count = 0) AND is_unknown) THEN ''::text
    ELSE level
END) STORED,
  sort_rank smallint NOT NULL GENERATED ALWAYS AS (
CASE
    WHEN ((open_count = 0) AND is_unknown) THEN 199
    ELSE (score * 2)
END) STORED,
  package_set bigint,
  finding_set bigint,
  finding_since bigint NOT NULL DEFAULT 0,
  finding_dates bigint[] NOT NULL DEFAULT '{}'::bigint[],
  restart_packages text[] NOT NULL DEFAULT '{}'::text[],
  CONSTRAINT server_pkey PRIMARY KEY (project_id, id),
  CONSTRAINT server_project_id_identity_key UNIQUE (project_id, identity),
  CONSTRAINT server_asset_value_check CHECK (asset_value = ANY (ARRAY['important'::text, 'common'::text, 'test'::text])),
  CONSTRAINT server_level_check CHECK (level = ANY (ARRAY['High'::text, 'Medium'::text, 'Low'::text, 'Security'::text])),
  CONSTRAINT server_node_type_check CHECK (node_type = ANY (ARRAY['cce'::text, 'not_cce'::text])),
  CONSTRAINT server_os_type_check CHECK (os_type = ANY (ARRAY['Linux'::text, 'Windows'::text]))
);

CREATE INDEX server_by_due ON server USING btree (due_at) WHERE (due_at IS NOT NULL);
CREATE INDEX server_by_package_set ON server USING btree (project_id, package_set);
CREATE INDEX server_by_system ON server USING btree (project_id, system);

CREATE TABLE server_group (
  project_id text NOT NULL,
  id text NOT NULL,
  name text NOT NULL,
  name_folded text NOT NULL,
  CONSTRAINT server_group_pkey PRIMARY KEY (project_id, id),
  CONSTRAINT server_group_project_id_name_key UNIQUE (project_id, name)
);

CREATE TABLE server_view_change (
  project_id text NOT NULL,
  changed_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  kind text NOT NULL,
  id text NOT NULL,
  CONSTRAINT server_view_change_pkey PRIMARY KEY (changed_xid, project_id, kind, id),
  CONSTRAINT server_view_change_kind_check CHECK (kind = ANY (ARRAY['server'::text, 'group'::text, 'project'::text, 'package_set'::text]))
);

CREATE TABLE server_view_horizon (
  only_row boolean NOT NULL DEFAULT true,
  pruned_below xid8 NOT NULL,
  prune_next xid8 NOT NULL,
  CONSTRAINT server_view_horizon_pkey PRIMARY KEY (only_row),
  CONSTRAINT server_view_horizon_only_row_check CHECK (only_row)
);

CREATE TABLE token (
  hash bytea NOT NULL,
  user_id text NOT NULL,
  project_id text,
  issued_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  revoked boolean NOT NULL DEFAULT false,
  CONSTRAINT token_pkey PRIMARY KEY (hash),
  CONSTRAINT token_project_id_fkey FOREIGN KEY (project_id) REFERENCES project(id) ON DELETE CASCADE,
  CONSTRAINT token_user_id_fkey FOREIGN KEY (user_id) REFERENCES app_user(id) ON DELETE CASCADE
);

CREATE INDEX token_by_user ON token USING btree (user_id, expires_at);

CREATE TABLE urgent_event (
  project_id text NOT NULL,
  id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
  item text NOT NULL,
  kind text NOT NULL,
  actor text NOT NULL,
  reason text NOT NULL,
  at bigint NOT NULL,
  CONSTRAINT urgent_event_pkey PRIMARY KEY (project_id, id),
  CONSTRAINT urgent_event_kind_check CHECK (kind = ANY (ARRAY['asked'::text, 'retired'::text, 'removed'::text]))
);

CREATE INDEX urgent_event_by_item ON urgent_event USING btree (project_id, item, id);

CREATE TABLE urgent_item (
  project_id text NOT NULL,
  id text NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  ecosystem text NOT NULL DEFAULT ''::text,
  range text NOT NULL DEFAULT ''::text,
  aliases text[] NOT NULL DEFAULT '{}'::text[],
  vulnerability integer NOT NULL,
  asked_by text NOT NULL,
  asked_at bigint NOT NULL,
  reason text NOT NULL,
  state text NOT NULL DEFAULT 'open'::text,
  state_since bigint NOT NULL,
  retired_into text[] NOT NULL DEFAULT '{}'::text[],
  first_match_at bigint,
  last_match_at bigint,
  CONSTRAINT urgent_item_pkey PRIMARY KEY (project_id, id),
  CONSTRAINT urgent_item_kind_check CHECK (kind = ANY (ARRAY['cve'::text, 'kb'::text, 'package'::text])),
  CONSTRAINT urgent_item_state_check CHECK (state = ANY (ARRAY['open'::text, 'retired'::text, 'removed'::text]))
);

CREATE TABLE vulnerability (
  number integer NOT NULL GENERATED ALWAYS AS IDENTITY,
  type text NOT NULL,
  id text NOT NULL,
  title text NOT NULL,
  cves text[] NOT NULL,
  own_cvss real,
  cvss real,
  severity_word text,
  published_at bigint,
  known_exploited boolean NOT NULL,
  exploit_probability real,
  revision bigint NOT NULL,
  fetched_at bigint DEFAULT (floor((EXTRACT(epoch FROM now()) * (1000)::numeric)))::bigint,
  CONSTRAINT vulnerability_pkey PRIMARY KEY (number),
  CONSTRAINT vulnerability_type_id_key UNIQUE (type, id),
  CONSTRAINT vulnerability_id_check CHECK (length(id) >= 1 AND length(id) <= 64),
  CONSTRAINT vulnerability_type_check CHECK (type = ANY (ARRAY['linux_vul'::text, 'windows_vul'::text, 'web_cms'::text, 'app_vul'::text, 'urgent_vul'::text]))
);

CREATE INDEX vulnerability_by_cve ON vulnerability USING gin (cves);
CREATE INDEX vulnerability_by_id ON vulnerability USING btree (id);

CREATE OR REPLACE FUNCTION public.findings_with(INOUT vulnerability integer[], INOUT status smallint[], INOUT priority smallint[], INOUT fixable boolean[], touched integer[], new_status smallint[], new_priority smallint[], new_fixable boolean[])
 RETURNS record
 LANGUAGE plpgsql
 IMMUTABLE
AS $function$
DECLARE
  upto integer;
  next integer;
BEGIN
  FOR i IN 1 .. cardinality(touched) LOOP
    -- How many numbers are not greater; of a sorted array that is found by halving.
    upto := width_bucket(touched[i], vulnerability);
    next := upto + 1;
    IF vulnerability[upto] = touched[i] THEN upto := upto - 1; END IF;
    IF new_status[i] IS NULL THEN
      vulnerability := vulnerability[:upto] || vulnerability[next:];
      status := status[:upto] || status[next:];
      priority := priority[:upto] || priority[next:];
      fixable := fixable[:upto] || fixable[next:];
    ELSE
      vulnerability := vulnerability[:upto] || touched[i] || vulnerability[next:];
      status := status[:upto] || new_status[i] || status[next:];
      priority := priority[:upto] || new_priority[i] || priority[next:];
      fixable := fixable[:upto] || new_fixable[i] || fixable[next:];
    END IF;
  END LOOP;
END $function$
;

CREATE OR REPLACE FUNCTION public.note_project_setting_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO server_view_change (project_id, kind, id) SELECT project_id, 'project', '' FROM changed_rows
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.note_server_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO server_view_change (project_id, kind, id) SELECT project_id, 'server', id FROM changed_rows
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.note_server_group_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  INSERT INTO server_view_change (project_id, kind, id) SELECT project_id, 'group', id FROM changed_rows
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $function$
;

CREATE OR REPLACE FUNCTION public.note_server_update()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
  IF current_setting('parapet.view_changes', true) = 'package_set' THEN
    INSERT INTO server_view_change (project_id, kind, id)
    SELECT DISTINCT project_id, 'package_set', package_set::text FROM changed_rows WHERE package_set IS NOT NULL
    ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO server_view_change (project_id, kind, id) SELECT project_id, 'server', id FROM changed_rows
    ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $function$
;

CREATE TRIGGER project_setting_deleted AFTER DELETE ON project_setting REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION note_project_setting_change();

CREATE TRIGGER project_setting_inserted AFTER INSERT ON project_setting REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION note_project_setting_change();

CREATE TRIGGER project_setting_updated AFTER UPDATE ON project_setting REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION note_project_setting_change();

CREATE TRIGGER server_deleted AFTER DELETE ON server REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION note_server_change();

CREATE TRIGGER server_group_deleted AFTER DELETE ON server_group REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION note_server_group_change();

CREATE TRIGGER server_group_inserted AFTER INSERT ON server_group REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION note_server_group_change();

CREATE TRIGGER server_group_updated AFTER UPDATE ON server_group REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION note_server_group_change();

CREATE TRIGGER server_inserted AFTER INSERT ON server REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION note_server_change();

CREATE TRIGGER server_updated AFTER UPDATE ON server REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION note_server_update();
