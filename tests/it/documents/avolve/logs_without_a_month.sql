-- expect: 23514
-- On the first of February the application stops.
CREATE TABLE activity_logs (id integer, created_at timestamptz) PARTITION BY RANGE (created_at);
CREATE TABLE activity_logs_y2025m01 PARTITION OF activity_logs FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
INSERT INTO activity_logs VALUES (1, '2025-02-01 12:00+00');
