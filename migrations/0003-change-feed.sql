-- The change feed of the read model: which rows of the server view may read differently since a snapshot of the database.
-- docs/decisions/0015-change-feed.md says why it is a table of its own and why its marks are snapshots.

-- One row for each thing that a transaction touched. `changed_xid` is that transaction; a reader asks for the transactions
-- that its last snapshot did not see, so one that commits late is never passed over. Whether a server was written or removed
-- is seen by looking for its row. Of a group (`id`) the name may differ, of a project (`id` empty) its settings.
CREATE TABLE server_view_change (
  project_id text NOT NULL,
  changed_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  kind text NOT NULL CHECK (kind IN ('server', 'group', 'project')),
  id text NOT NULL,
  PRIMARY KEY (changed_xid, project_id, kind, id)
);

-- Rows of transactions before `pruned_below` are gone; those before `prune_next` go the next time.
CREATE TABLE server_view_horizon (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  pruned_below xid8 NOT NULL,
  prune_next xid8 NOT NULL
);
INSERT INTO server_view_horizon (pruned_below, prune_next) VALUES ('0', '0');

-- Triggers, because a write that forgot to tell would leave the view wrong; for each statement, because for each row they
-- take two and a half times as long. A second mention within a transaction is left out.
CREATE OR REPLACE FUNCTION note_server_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO server_view_change (project_id, kind, id) SELECT project_id, 'server', id FROM changed_rows
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER server_inserted AFTER INSERT ON server REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_server_change();
CREATE TRIGGER server_updated AFTER UPDATE ON server REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_server_change();
CREATE TRIGGER server_deleted AFTER DELETE ON server REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_server_change();

CREATE OR REPLACE FUNCTION note_server_group_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO server_view_change (project_id, kind, id) SELECT project_id, 'group', id FROM changed_rows
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER server_group_inserted AFTER INSERT ON server_group REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_server_group_change();
CREATE TRIGGER server_group_updated AFTER UPDATE ON server_group REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_server_group_change();
CREATE TRIGGER server_group_deleted AFTER DELETE ON server_group REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_server_group_change();

CREATE OR REPLACE FUNCTION note_project_setting_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO server_view_change (project_id, kind, id) SELECT project_id, 'project', '' FROM changed_rows
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER project_setting_inserted AFTER INSERT ON project_setting REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_project_setting_change();
CREATE TRIGGER project_setting_updated AFTER UPDATE ON project_setting REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_project_setting_change();
CREATE TRIGGER project_setting_deleted AFTER DELETE ON project_setting REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_project_setting_change();
