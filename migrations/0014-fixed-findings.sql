-- From facts of a vulnerability to the servers that list it as fixed: without it every change of facts looked through all sets.
CREATE INDEX finding_set_with_fixed ON finding_set (project_id) WHERE has_fixed;
