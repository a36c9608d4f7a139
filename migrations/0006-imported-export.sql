-- The signed export of another Parapet that the advisories were last brought to: an older one is not taken by mistake.
CREATE TABLE imported_export (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  created_at bigint NOT NULL,
  revision bigint NOT NULL,
  key text NOT NULL,
  imported_at bigint NOT NULL
);
