-- The tenants of this installation, and where each has its store.
CREATE TABLE tenant (
    id          TEXT   NOT NULL,
    name        TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    place       TEXT   NOT NULL,
    seed        TEXT   NOT NULL,
    schema      BIGINT NOT NULL,
    ready       BIGINT NOT NULL,
    next_due    BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    CONSTRAINT tenant_pk PRIMARY KEY (id),
    CONSTRAINT tenant_place UNIQUE (place)
);
CREATE INDEX tenant_by_due ON tenant (next_due, id);

CREATE TABLE tenant_domain (
    domain_key TEXT   NOT NULL,
    domain     TEXT   NOT NULL,
    tenant_id  TEXT   NOT NULL,
    rank       BIGINT NOT NULL,
    CONSTRAINT tenant_domain_pk PRIMARY KEY (domain_key)
);
CREATE INDEX tenant_domain_by_tenant ON tenant_domain (tenant_id, rank, domain_key);

-- The servers that have this installation open, each from its start to its end.
CREATE TABLE node (
    id         TEXT   NOT NULL,
    host       TEXT   NOT NULL,
    started_at BIGINT NOT NULL,
    CONSTRAINT node_pk PRIMARY KEY (id)
);

-- A value sealed under the master key when the store was made: it tells whether the key
-- that a server was started with is the right one.
CREATE TABLE canary (
    id     TEXT  NOT NULL,
    sealed BYTEA NOT NULL,
    CONSTRAINT canary_pk PRIMARY KEY (id)
);
