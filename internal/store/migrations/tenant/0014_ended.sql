-- Sessions that were ended are found by when they were.
CREATE INDEX session_by_ended ON session (ended_at, id) WHERE ended_at < 9223372036854775807;
