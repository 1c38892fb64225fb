-- expect: 23514
-- With DEFAULT nothing is refused, but then the month that it caught cannot be added any more.
CREATE TABLE wellness_entries (user_id integer, date date) PARTITION BY RANGE (date);
CREATE TABLE wellness_entries_default PARTITION OF wellness_entries DEFAULT;
INSERT INTO wellness_entries VALUES (1, '2026-03-01');
CREATE TABLE wellness_entries_2026_03 PARTITION OF wellness_entries FOR VALUES FROM ('2026-03-01') TO ('2026-04-01');
