-- expect: 23514
-- Two months are made and none ahead, so in the third nobody can enter anything.
CREATE TABLE wellness_entries (user_id integer, date date) PARTITION BY RANGE (date);
CREATE TABLE wellness_entries_2026_01 PARTITION OF wellness_entries FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE wellness_entries_2026_02 PARTITION OF wellness_entries FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
INSERT INTO wellness_entries VALUES (1, '2026-03-01');
