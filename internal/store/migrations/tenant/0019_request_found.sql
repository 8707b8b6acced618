-- Requests by what has become of them and by what they ask for, the newest first. What most
-- requests are is in neither, so that a plain activation pays for none of them: Provisioned,
-- and action 6, selfActivate. Such lists go by the index of all that has their order.
CREATE INDEX request_by_status ON request (status, created_at, id) WHERE status <> 'Provisioned';
CREATE INDEX request_by_action ON request (action, created_at, id) WHERE action <> 6;
