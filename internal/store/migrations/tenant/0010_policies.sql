-- Whom which policy names as approver, so that who is named at all is known.
CREATE TABLE policy_approver (
    approver_id TEXT   NOT NULL,
    target_id   TEXT   NOT NULL,
    relation    BIGINT NOT NULL,
    CONSTRAINT policy_approver_pk PRIMARY KEY (approver_id, target_id, relation)
);

-- A group's standing places in the order of their ids, as PIM lists them.
CREATE INDEX membership_by_group ON membership (group_id, id);
