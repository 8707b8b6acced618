-- When the last of a request was over: itself, where it gave nothing, else what it gave.
-- Never while it waits, or while a schedule that it made stands.
ALTER TABLE request ADD COLUMN over_at BIGINT NOT NULL DEFAULT 9223372036854775807;
UPDATE request SET over_at = created_at WHERE open = 0 AND NOT EXISTS (SELECT 1 FROM schedule s WHERE s.id = request.id);
CREATE INDEX request_over ON request (over_at, id) WHERE over_at < 9223372036854775807;
