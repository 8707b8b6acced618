-- What waits for somebody's word, and whose.

-- The instant from which a request is timed out unless somebody has decided it;
-- 9223372036854775807 for one that time does not end.
ALTER TABLE request ADD COLUMN due_at BIGINT NOT NULL DEFAULT 9223372036854775807;
CREATE INDEX request_granted ON request (completed_at, id) WHERE open = 1 AND status = 'Granted';

-- How approvals go, as JSON that is only read whole; next_at is when time next does
-- something to one that is to be recorded.
CREATE TABLE approval (
    request_id TEXT   NOT NULL,
    next_at    BIGINT NOT NULL,
    closed_at  BIGINT NOT NULL,
    body       TEXT   NOT NULL,
    CONSTRAINT approval_pk PRIMARY KEY (request_id)
);
CREATE INDEX approval_by_next ON approval (next_at, request_id) WHERE closed_at = 9223372036854775807;

-- Whom the stages of approvals that are not closed name, one a row; a stage's row is open
-- while it is the stage's turn. That somebody is named is where to look, and no right:
-- rights are judged when they are used.
CREATE TABLE approval_candidate (
    request_id   TEXT   NOT NULL,
    stage        BIGINT NOT NULL,
    principal_id TEXT   NOT NULL,
    open         BIGINT NOT NULL,
    CONSTRAINT approval_candidate_pk PRIMARY KEY (request_id, stage, principal_id)
);
CREATE INDEX approval_candidate_by_principal ON approval_candidate (principal_id, open, request_id);
