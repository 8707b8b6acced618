-- What happened. The record's canonical bytes and their leaf hash are what counts; all
-- other columns are there to find it, and can be made again from the bytes.
CREATE TABLE audit (
    idx             BIGINT NOT NULL,
    id              TEXT   NOT NULL,
    at              BIGINT NOT NULL,
    activity_key    TEXT   NOT NULL,
    category_key    TEXT   NOT NULL,
    service_key     TEXT   NOT NULL,
    result          TEXT   NOT NULL,
    correlation     TEXT   NOT NULL,
    actor_user      TEXT   NOT NULL,
    actor_upn_key   TEXT   NOT NULL,
    actor_name_key  TEXT   NOT NULL,
    actor_app       TEXT   NOT NULL,
    actor_app_key   TEXT   NOT NULL,
    body            BYTEA  NOT NULL,
    leaf            BYTEA  NOT NULL,
    CONSTRAINT audit_pk PRIMARY KEY (idx),
    CONSTRAINT audit_id UNIQUE (id)
);
CREATE INDEX audit_by_time ON audit (at, id);
CREATE INDEX audit_by_activity ON audit (activity_key, at, id);
CREATE INDEX audit_by_correlation ON audit (correlation, at, id);
CREATE INDEX audit_by_user ON audit (actor_user, at, id) WHERE actor_user <> '';
CREATE INDEX audit_by_app ON audit (actor_app, at, id) WHERE actor_app <> '';

-- What each record touched, for questions about one object.
CREATE TABLE audit_target (
    idx       BIGINT NOT NULL,
    place     BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    record_id TEXT   NOT NULL,
    target_id TEXT   NOT NULL,
    name_key  TEXT   NOT NULL,
    CONSTRAINT audit_target_pk PRIMARY KEY (idx, place)
);
CREATE INDEX audit_target_by_id ON audit_target (target_id, at, record_id);
CREATE INDEX audit_target_by_name ON audit_target (name_key, at, record_id);

-- 256 neighbouring hashes of the log's Merkle tree, written once, when the last is known.
CREATE TABLE audit_tile (
    level  BIGINT NOT NULL,
    idx    BIGINT NOT NULL,
    hashes BYTEA  NOT NULL,
    CONSTRAINT audit_tile_pk PRIMARY KEY (level, idx)
);

-- What became different at which version, deletions included.
CREATE TABLE change (
    seq    BIGINT NOT NULL,
    entity TEXT   NOT NULL,
    id     TEXT   NOT NULL,
    CONSTRAINT change_pk PRIMARY KEY (seq, entity, id)
);

-- A development tenant's clock: what is added to the machine's, or the instant at which it
-- stands. No row: the machine's own.
CREATE TABLE tenant_clock (
    id        TEXT   NOT NULL,
    ahead     BIGINT NOT NULL,
    frozen    BIGINT NOT NULL,
    frozen_at BIGINT NOT NULL,
    CONSTRAINT tenant_clock_pk PRIMARY KEY (id)
);
