-- expect: 42P07
-- The partitioned table has the name of the table that it is made like.
CREATE TABLE wellness_entries (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid NOT NULL, date date NOT NULL);
CREATE TABLE wellness_entries (LIKE wellness_entries INCLUDING DEFAULTS) PARTITION BY RANGE (date);
