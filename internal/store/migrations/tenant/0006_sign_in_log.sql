-- The sign-in log. It stands beside the audit log, not in it: most of what happens in a
-- tenant are sign-ins, and none of them changes what anybody may do. body is the whole
-- event, as JSON; the other columns are there to find it. at is the tenant's time.
CREATE TABLE sign_in (
    id      TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    user_id TEXT   NOT NULL,
    upn_key TEXT   NOT NULL,
    app_id  TEXT   NOT NULL,
    app_key TEXT   NOT NULL,
    address TEXT   NOT NULL,
    code    BIGINT NOT NULL,
    correlation TEXT NOT NULL,
    body    TEXT   NOT NULL,
    CONSTRAINT sign_in_pk PRIMARY KEY (id)
);
CREATE INDEX sign_in_by_time ON sign_in (at, id);
CREATE INDEX sign_in_by_user ON sign_in (user_id, at, id);
CREATE INDEX sign_in_by_upn ON sign_in (upn_key, at, id);
CREATE INDEX sign_in_by_app ON sign_in (app_id, at, id);
CREATE INDEX sign_in_by_address ON sign_in (address, at, id);
