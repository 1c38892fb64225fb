-- expect: wrong January begins when the session that made the partition says so, and two sessions leave a gap
CREATE TABLE activity_logs (id integer, created_at timestamptz NOT NULL) PARTITION BY RANGE (created_at);
SET timezone = 'Asia/Bangkok';
CREATE TABLE activity_logs_2025_01 PARTITION OF activity_logs FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
SET timezone = 'America/New_York';
CREATE TABLE activity_logs_2025_02 PARTITION OF activity_logs FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
CREATE TABLE activity_logs_default PARTITION OF activity_logs DEFAULT;
INSERT INTO activity_logs VALUES (1, '2025-02-01 00:00:00+00');
SELECT tableoid = 'activity_logs_default'::regclass FROM activity_logs;
