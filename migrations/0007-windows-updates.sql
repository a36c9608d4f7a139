-- The updates that a Windows system has installed are part of its package: system, build and updates together decide what
-- it is affected by. NULL: no Windows system. docs/decisions/0019-windows-updates.md says why they are not
-- packages of their own.
ALTER TABLE package ADD COLUMN updates text;
