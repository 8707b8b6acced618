-- What sign-ins need while they go on. Instants are the machine's.

-- Something that its holder can show once, or until it ends, stored under the hash of what is
-- shown: what a person is in the middle of, codes, families of refresh tokens.
CREATE TABLE ticket (
    id         TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    found_by   TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    end_at     BIGINT NOT NULL,
    spent_at   BIGINT NOT NULL,
    CONSTRAINT ticket_pk PRIMARY KEY (id)
);
CREATE INDEX ticket_by_key ON ticket (kind, found_by) WHERE found_by > '';
CREATE INDEX ticket_by_end ON ticket (end_at, id);

-- A session knows the browser that it is in, by the hash of its cookie ('' for none), and the
-- user's generation that it began in: a later one ends it.
ALTER TABLE session ADD COLUMN cookie TEXT NOT NULL DEFAULT '';
ALTER TABLE session ADD COLUMN user_generation BIGINT NOT NULL DEFAULT 0;
ALTER TABLE session ADD COLUMN incarnation BIGINT NOT NULL DEFAULT 0;
CREATE INDEX session_by_cookie ON session (cookie) WHERE cookie > '';

-- What a key signs: '' for access tokens, 'id' for ID tokens.
ALTER TABLE signing_key ADD COLUMN purpose TEXT NOT NULL DEFAULT '';
