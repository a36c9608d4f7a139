-- Packages that the machine itself says take effect with a restart. Which kernel it starts next is told by them.
ALTER TABLE server ADD COLUMN restart_packages text[] NOT NULL DEFAULT '{}';
