-- The write lock of a tenant, the end of its audit log and the version of its snapshot, in
-- one row. On SQLite the table stands in the tenant's own file; on PostgreSQL in the system
-- schema, with a row for each tenant's schema, so that one query confirms them all.
CREATE TABLE chain_head (
    place       TEXT   NOT NULL,
    tenant      TEXT   NOT NULL,
    incarnation BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    instant     BIGINT NOT NULL,
    frontier    TEXT   NOT NULL,
    CONSTRAINT chain_head_pk PRIMARY KEY (place),
    CONSTRAINT chain_head_tenant UNIQUE (tenant)
);
