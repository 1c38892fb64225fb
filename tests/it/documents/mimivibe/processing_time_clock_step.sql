-- expect: 23514
-- The clock was set back by a second while the attempt ran, and its row is refused.
CREATE TABLE job_attempts (
    started_at timestamptz,
    finished_at timestamptz,
    processing_time_ms integer GENERATED ALWAYS AS (extract(epoch FROM (finished_at - started_at)) * 1000) STORED,
    CHECK (processing_time_ms IS NULL OR processing_time_ms >= 0)
);
INSERT INTO job_attempts VALUES ('2025-11-01T00:00:01Z', '2025-11-01T00:00:00Z');
