-- Following advisories writes all servers that have a set of packages in one transaction, and of their rows no more than what
-- is found on them. It says so (`parapet.view_changes`), and then one note for the set stands for them all: a tenth of the
-- rows in the change feed, and less to be read of each server.
ALTER TABLE server_view_change DROP CONSTRAINT server_view_change_kind_check;
ALTER TABLE server_view_change ADD CONSTRAINT server_view_change_kind_check
  CHECK (kind IN ('server', 'group', 'project', 'package_set'));

CREATE OR REPLACE FUNCTION note_server_update() RETURNS trigger LANGUAGE plpgsql AS $$
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
END $$;
DROP TRIGGER server_updated ON server;
CREATE TRIGGER server_updated AFTER UPDATE ON server REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION note_server_update();
