-- expect: wrong a table of partitions is reported to be empty, whatever its partitions hold
CREATE TABLE activity_logs (id integer, created_at timestamptz NOT NULL) PARTITION BY RANGE (created_at);
CREATE TABLE activity_logs_2025_01 PARTITION OF activity_logs FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
INSERT INTO activity_logs SELECT n, '2025-01-15' FROM generate_series(1, 1000) AS n;
SELECT pg_total_relation_size('activity_logs') = 0 AND pg_total_relation_size('activity_logs_2025_01') > 0;
