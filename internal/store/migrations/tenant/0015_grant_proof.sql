-- The audit record that a window was given in, by its place in the log, and the proof that
-- this window and that record belong together (store/proof.go). Without both a window is not
-- honoured.
ALTER TABLE schedule ADD COLUMN record BIGINT NOT NULL DEFAULT -1;
ALTER TABLE schedule ADD COLUMN proof BYTEA NOT NULL DEFAULT '';
