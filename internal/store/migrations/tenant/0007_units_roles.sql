-- Who manages whom. Both are users; a row goes when one of them is gone for good.
CREATE TABLE manager (
    user_id    TEXT NOT NULL,
    manager_id TEXT NOT NULL,
    CONSTRAINT manager_pk PRIMARY KEY (user_id)
);
CREATE INDEX manager_by_manager ON manager (manager_id, user_id);

-- A role of the tenant's own may have a template id that is not its id, and lists its
-- actions in several permissions: permissions is how they are grouped, null where they are
-- not. A built-in role that is activated is shown among the directory roles.
ALTER TABLE role_definition ADD COLUMN template_id TEXT NOT NULL DEFAULT '';
ALTER TABLE role_definition ADD COLUMN permissions TEXT NOT NULL DEFAULT 'null';
ALTER TABLE role_definition ADD COLUMN activated BIGINT NOT NULL DEFAULT 0;
UPDATE role_definition SET template_id = id;
