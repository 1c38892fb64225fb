-- expect: 22003
-- An attempt that hung for 25 days cannot be written down: its milliseconds are no integer.
CREATE TABLE job_attempts (
    started_at timestamptz,
    finished_at timestamptz,
    processing_time_ms integer GENERATED ALWAYS AS (extract(epoch FROM (finished_at - started_at)) * 1000) STORED
);
INSERT INTO job_attempts VALUES ('2025-11-01T00:00:00Z', '2025-11-26T00:00:00Z');
