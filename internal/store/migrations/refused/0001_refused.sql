-- Writes that were refused. They stand apart from everything else, so that writing them
-- never waits for, or holds up, a change: on SQLite in a file of their own.
CREATE TABLE refused (
    id       TEXT   NOT NULL,
    first_at BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    times    BIGINT NOT NULL,
    body     BYTEA  NOT NULL,
    CONSTRAINT refused_pk PRIMARY KEY (id)
);
CREATE INDEX refused_by_time ON refused (first_at, id);
