-- expect: 0A000
-- The key comes along and lacks the column that the table is to be partitioned by.
CREATE TABLE activity_logs (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), created_at timestamptz DEFAULT now());
CREATE TABLE activity_logs_partitioned (LIKE activity_logs INCLUDING ALL) PARTITION BY RANGE (created_at);
