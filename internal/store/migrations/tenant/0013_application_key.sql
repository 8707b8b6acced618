-- Certificates of clients: public keys, by which what clients sign is verified.
CREATE TABLE application_key (
    application_id TEXT   NOT NULL,
    key_id         TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    thumbprint     TEXT   NOT NULL,
    certificate    BYTEA  NOT NULL,
    start_at       BIGINT NOT NULL,
    end_at         BIGINT NOT NULL,
    CONSTRAINT application_key_pk PRIMARY KEY (application_id, key_id)
);
