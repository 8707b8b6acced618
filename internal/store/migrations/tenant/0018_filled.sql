-- An index of what only some rows have holds only those: an activation of a role in the whole
-- tenant has neither a group nor an object that it is scoped to. A query that is to go by such
-- an index repeats its condition, in these words.
DROP INDEX schedule_by_group;
CREATE INDEX schedule_by_group ON schedule (group_id, id) WHERE open = 1 AND group_id > '';
DROP INDEX schedule_by_scope;
CREATE INDEX schedule_by_scope ON schedule (scope_id, id) WHERE open = 1 AND scope_id > '';
DROP INDEX schedule_by_eligibility;
CREATE INDEX schedule_by_eligibility ON schedule (via_eligibility, id) WHERE open = 1 AND via_eligibility > '';
DROP INDEX request_by_group;
CREATE INDEX request_by_group ON request (group_id, created_at, id) WHERE group_id > '';
DROP INDEX audit_by_user;
CREATE INDEX audit_by_user ON audit (actor_user, at, id) WHERE actor_user > '';
DROP INDEX audit_by_app;
CREATE INDEX audit_by_app ON audit (actor_app, at, id) WHERE actor_app > '';
