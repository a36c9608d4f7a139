-- Pairs: a missing update of Windows, and another missing one that it replaces and whose facts count for its priority. NULL:
-- there are none. docs/decisions/0019-windows-updates.md says why they belong to the package.
ALTER TABLE package ADD COLUMN match_replacing integer[], ADD COLUMN match_replaced integer[];
CREATE INDEX package_by_replaced_update ON package USING gin (match_replaced) WHERE match_replaced IS NOT NULL;

-- What was matched before is matched again.
INSERT INTO rematch_package (project_id, package_id)
SELECT project_id, id FROM package WHERE updates IS NOT NULL AND matched_revision IS NOT NULL
ON CONFLICT DO NOTHING;
