-- Roles, and who holds them or may: the windows of time that everything else is a view of.

CREATE TABLE role_definition (
    id               TEXT   NOT NULL,
    display_name     TEXT   NOT NULL,
    display_name_key TEXT   NOT NULL,
    description      TEXT   NOT NULL,
    built_in         BIGINT NOT NULL,
    enabled          BIGINT NOT NULL,
    privileged       BIGINT NOT NULL,
    version          TEXT   NOT NULL,
    actions          TEXT   NOT NULL,
    inherits         TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    CONSTRAINT role_definition_pk PRIMARY KEY (id)
);
CREATE INDEX role_definition_by_display_name ON role_definition (display_name_key, id);

-- "Active at t" is start_at <= t AND end_at > t. The column open only bounds a scan: it is
-- 1 until somebody has recorded that the window is over.
CREATE TABLE schedule (
    id               TEXT   NOT NULL,
    kind             BIGINT NOT NULL,
    principal_id     TEXT   NOT NULL,
    role_id          TEXT   NOT NULL,
    directory_scope  TEXT   NOT NULL,
    app_scope        TEXT   NOT NULL,
    scope_id         TEXT   NOT NULL,
    group_id         TEXT   NOT NULL,
    relation         BIGINT NOT NULL,
    start_at         BIGINT NOT NULL,
    end_at           BIGINT NOT NULL,
    expiration_type  BIGINT NOT NULL,
    expiration_end   BIGINT NOT NULL,
    duration         TEXT   NOT NULL,
    request_id       TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    modified_at      BIGINT NOT NULL,
    via_eligibility  TEXT   NOT NULL,
    via_membership   TEXT   NOT NULL,
    open             BIGINT NOT NULL,
    CONSTRAINT schedule_pk PRIMARY KEY (id)
);
CREATE INDEX schedule_open ON schedule (id) WHERE open = 1;
CREATE INDEX schedule_by_principal ON schedule (principal_id, id) WHERE open = 1;
CREATE INDEX schedule_by_role ON schedule (role_id, id) WHERE open = 1;
CREATE INDEX schedule_by_group ON schedule (group_id, id) WHERE open = 1;
CREATE INDEX schedule_by_place ON schedule (group_id, principal_id) WHERE open = 1 AND group_id > '';
CREATE INDEX schedule_by_scope ON schedule (scope_id, id) WHERE open = 1;
CREATE INDEX schedule_by_end ON schedule (end_at, id) WHERE open = 1;
CREATE INDEX schedule_by_start ON schedule (start_at, id) WHERE open = 1;
CREATE INDEX schedule_by_eligibility ON schedule (via_eligibility, id) WHERE open = 1;
CREATE INDEX schedule_closed ON schedule (principal_id, id) WHERE open = 0;
CREATE INDEX schedule_closed_by_end ON schedule (end_at, id) WHERE open = 0;

-- What was asked and what became of it. Pending ones (open = 1) await a decision or a start.
CREATE TABLE request (
    id              TEXT   NOT NULL,
    side            BIGINT NOT NULL,
    action          BIGINT NOT NULL,
    principal_id    TEXT   NOT NULL,
    role_id         TEXT   NOT NULL,
    directory_scope TEXT   NOT NULL,
    app_scope       TEXT   NOT NULL,
    group_id        TEXT   NOT NULL,
    relation        BIGINT NOT NULL,
    status          TEXT   NOT NULL,
    schedule_id     TEXT   NOT NULL,
    approval_id     TEXT   NOT NULL,
    user_id         TEXT   NOT NULL,
    app_id          TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    completed_at    BIGINT NOT NULL,
    body            TEXT   NOT NULL,
    open            BIGINT NOT NULL,
    CONSTRAINT request_pk PRIMARY KEY (id)
);
CREATE INDEX request_by_created ON request (created_at, id);
CREATE INDEX request_by_principal ON request (principal_id, created_at, id);
CREATE INDEX request_by_user ON request (user_id, created_at, id);
CREATE INDEX request_by_role ON request (role_id, created_at, id);
CREATE INDEX request_by_group ON request (group_id, created_at, id);
CREATE INDEX request_by_schedule ON request (schedule_id, created_at, id);
CREATE INDEX request_open ON request (completed_at, id) WHERE open = 1;
CREATE INDEX request_open_by_principal ON request (principal_id, id) WHERE open = 1;

-- Policies and rules that somebody has changed; all others are the defaults.
CREATE TABLE policy (
    target_id   TEXT   NOT NULL,
    relation    BIGINT NOT NULL,
    modified_at BIGINT NOT NULL,
    modified_by TEXT   NOT NULL,
    rules       TEXT   NOT NULL,
    CONSTRAINT policy_pk PRIMARY KEY (target_id, relation)
);
