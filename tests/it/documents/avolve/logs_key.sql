-- expect: 0A000
-- The key lacks what the table is partitioned by, so the table cannot be created.
CREATE TABLE activity_logs (id uuid PRIMARY KEY, action text, created_at timestamptz) PARTITION BY RANGE (created_at);
