-- expect: 42P17
-- The table that the partition is for was created as a plain one.
CREATE TABLE activity_logs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), created_at timestamptz DEFAULT now());
CREATE TABLE activity_logs_2025_01 PARTITION OF activity_logs FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
