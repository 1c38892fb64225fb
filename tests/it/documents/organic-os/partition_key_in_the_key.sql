-- expect: 0A000
-- The documented key does not contain the column that decides about the partition.
CREATE TABLE wellness_entries (id uuid PRIMARY KEY, user_id uuid NOT NULL, date date NOT NULL) PARTITION BY RANGE (date);
