-- What people sign in with, beside the password that stands in their own row. Instants are
-- the machine's, but for those that Graph shows: created_at and start_at.

-- A second factor. The seed, or the passkey, is sealed.
CREATE TABLE sign_in_method (
    id         TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    step       BIGINT NOT NULL,
    sealed     BYTEA  NOT NULL,
    credential TEXT   NOT NULL,
    CONSTRAINT sign_in_method_pk PRIMARY KEY (id)
);
CREATE INDEX sign_in_method_by_user ON sign_in_method (user_id, created_at, id);
CREATE UNIQUE INDEX sign_in_method_credential ON sign_in_method (credential) WHERE credential > '';

CREATE TABLE recovery_code (
    user_id TEXT NOT NULL,
    hash    TEXT NOT NULL,
    CONSTRAINT recovery_code_pk PRIMARY KEY (user_id, hash)
);

CREATE TABLE access_pass (
    id         TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    hash       TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    start_at   BIGINT NOT NULL,
    minutes    BIGINT NOT NULL,
    once       BIGINT NOT NULL,
    opens_at   BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    used       BIGINT NOT NULL,
    CONSTRAINT access_pass_pk PRIMARY KEY (id)
);
CREATE INDEX access_pass_by_user ON access_pass (user_id, id);

-- What is asked of an account, whether it ever had a second factor, and whether it waits for
-- its holder to enrol. No row: nothing, no, no.
CREATE TABLE strong_auth (
    user_id TEXT   NOT NULL,
    mfa     TEXT   NOT NULL,
    had     BIGINT NOT NULL,
    waiting BIGINT NOT NULL,
    CONSTRAINT strong_auth_pk PRIMARY KEY (user_id)
);

-- Failures in a row. The id says of what, as a hash: names that nobody has are counted too.
CREATE TABLE tally (
    id       TEXT   NOT NULL,
    failures BIGINT NOT NULL,
    last_at  BIGINT NOT NULL,
    end_at   BIGINT NOT NULL,
    CONSTRAINT tally_pk PRIMARY KEY (id)
);
CREATE INDEX tally_by_end ON tally (end_at, id);

-- The addresses at which people have signed in.
CREATE TABLE familiar (
    user_id TEXT   NOT NULL,
    address TEXT   NOT NULL,
    last_at BIGINT NOT NULL,
    CONSTRAINT familiar_pk PRIMARY KEY (user_id, address)
);
CREATE INDEX familiar_by_time ON familiar (last_at);
