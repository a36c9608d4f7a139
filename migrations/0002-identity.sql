-- Who may ask: small tables that every node reads (on Citus: reference tables). Times are ms since 1970.

-- One row: what tells the secret key that access keys are sealed with from any other; the key itself lies outside the database.
CREATE TABLE secret_key_fingerprint (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  fingerprint bytea NOT NULL
);

CREATE TABLE domain (
  id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  name text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 64),
  created_at bigint NOT NULL
);

-- `name` is the region name by which clients find the project.
CREATE TABLE project (
  id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  domain_id text NOT NULL REFERENCES domain ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  enabled boolean NOT NULL DEFAULT true,
  created_at bigint NOT NULL,
  UNIQUE (domain_id, name)
);

-- Every domain has the one with id '0', named 'default'.
CREATE TABLE enterprise_project (
  domain_id text NOT NULL REFERENCES domain ON DELETE CASCADE,
  id text NOT NULL CHECK (length(id) BETWEEN 1 AND 64 AND id <> 'all_granted_eps'),
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  enabled boolean NOT NULL DEFAULT true,
  created_at bigint NOT NULL,
  PRIMARY KEY (domain_id, id),
  UNIQUE (domain_id, name)
);

CREATE TABLE app_user (
  id text PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 64),
  domain_id text NOT NULL REFERENCES domain ON DELETE CASCADE,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  -- scrypt with its parameters: src/identity/password.ts.
  password_hash text NOT NULL,
  enabled boolean NOT NULL DEFAULT true,
  created_at bigint NOT NULL,
  UNIQUE (domain_id, name)
);

-- NULL stands for all: every project of the user's domain, every enterprise project.
CREATE TABLE role_grant (
  user_id text NOT NULL REFERENCES app_user ON DELETE CASCADE,
  project_id text REFERENCES project ON DELETE CASCADE,
  enterprise_project_id text,
  role text NOT NULL CHECK (role IN ('read', 'operate', 'admin')),
  granted_at bigint NOT NULL,
  UNIQUE NULLS NOT DISTINCT (user_id, project_id, enterprise_project_id)
);

-- Login tokens by their SHA-256. `project_id` NULL: of the whole domain.
CREATE TABLE token (
  hash bytea PRIMARY KEY,
  user_id text NOT NULL REFERENCES app_user ON DELETE CASCADE,
  project_id text REFERENCES project ON DELETE CASCADE,
  issued_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  revoked boolean NOT NULL DEFAULT false
);
CREATE INDEX token_by_user ON token (user_id, expires_at);

-- `sealed_secret_key`: AES-256-GCM, src/identity/secret-key.ts. `failures`: wrong signatures since the last right one.
CREATE TABLE access_key (
  access_key text PRIMARY KEY CHECK (length(access_key) BETWEEN 1 AND 64),
  user_id text NOT NULL REFERENCES app_user ON DELETE CASCADE,
  sealed_secret_key bytea NOT NULL,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'inactive')),
  description text NOT NULL,
  created_at bigint NOT NULL,
  last_used_at bigint,
  failures integer NOT NULL DEFAULT 0,
  locked_until bigint
);
CREATE INDEX access_key_by_user ON access_key (user_id);

-- Project tokens with which agents enrol. `defaults`: what an enrolled server is given, as JSON. `uses_left` NULL: any number.
CREATE TABLE enrolment_token (
  project_id text NOT NULL REFERENCES project ON DELETE CASCADE,
  id text NOT NULL,
  hash bytea NOT NULL UNIQUE,
  enterprise_project_id text NOT NULL,
  name text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
  defaults text NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint,
  uses_left integer CHECK (uses_left >= 0),
  PRIMARY KEY (project_id, id)
);

-- One credential a server; enrolling again replaces it.
CREATE TABLE agent_credential (
  project_id text NOT NULL REFERENCES project ON DELETE CASCADE,
  server_id text NOT NULL,
  hash bytea NOT NULL UNIQUE,
  created_at bigint NOT NULL,
  PRIMARY KEY (project_id, server_id)
);
