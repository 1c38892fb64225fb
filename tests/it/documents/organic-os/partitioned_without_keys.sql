-- expect: wrong the same user has two entries of one day, and one of nobody, because keys are not copied
CREATE TABLE users (id integer PRIMARY KEY);
CREATE TABLE plain (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id integer NOT NULL REFERENCES users (id),
                    date date NOT NULL, UNIQUE (user_id, date));
CREATE TABLE wellness_entries (LIKE plain INCLUDING DEFAULTS) PARTITION BY RANGE (date);
CREATE TABLE wellness_entries_2026_01 PARTITION OF wellness_entries FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
INSERT INTO wellness_entries (user_id, date) VALUES (1, '2026-01-01'), (1, '2026-01-01');
SELECT count(*) = 2 FROM wellness_entries;
