-- Of two sorts of a kind, the rarer: 1 is a group that is a Microsoft 365 group, or a
-- registration that serves more than this tenant. Custom roles tell them apart.
ALTER TABLE object ADD COLUMN variant BIGINT NOT NULL DEFAULT 0;
UPDATE object SET variant = 1 WHERE kind = 2 AND id IN (SELECT id FROM directory_group WHERE types = '["Unified"]');
UPDATE object SET variant = 1 WHERE kind = 4 AND id IN (SELECT id FROM application WHERE audience <> 'AzureADMyOrg');
DROP INDEX object_load;
CREATE INDEX object_load ON object (id, kind, enabled, guest, role_assignable, approver, restricted, variant, generation, deleted_at);
