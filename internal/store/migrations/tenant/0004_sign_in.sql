-- Sign-ins. Instants of this table are the machine's, not the tenant's.

-- One sign-in of a person, with what they proved in it, as JSON that is only read whole.
CREATE TABLE session (
    id         TEXT   NOT NULL,
    user_id    TEXT   NOT NULL,
    client_id  TEXT   NOT NULL,
    factors    TEXT   NOT NULL,
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    end_at     BIGINT NOT NULL,
    ended_at   BIGINT NOT NULL,
    CONSTRAINT session_pk PRIMARY KEY (id)
);
CREATE INDEX session_by_user ON session (user_id, id);
CREATE INDEX session_by_end ON session (end_at, id);
