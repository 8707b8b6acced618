-- Canceled requests are forgotten after a while; completed_at is when they were canceled.
CREATE INDEX request_canceled ON request (completed_at, id) WHERE status = 'Canceled';
