-- expect: wrong a user changes the entries of others through the partition, which inherits no row security
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE wellness_entries (user_id integer, date date, mood_score numeric(3,2)) PARTITION BY RANGE (date);
CREATE TABLE wellness_entries_2026_01 PARTITION OF wellness_entries FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
INSERT INTO wellness_entries VALUES (1, '2026-01-01', 5), (2, '2026-01-01', 5);
ALTER TABLE wellness_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY update_own ON wellness_entries FOR ALL USING (user_id = 1);
DO $$
DECLARE
    v_role text := 'user_' || replace(gen_random_uuid()::text, '-', '');
BEGIN
    EXECUTE format('CREATE ROLE %I', v_role);
    EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
    EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA public TO %I', v_role);
    EXECUTE format('SET LOCAL ROLE %I', v_role);
    UPDATE wellness_entries_2026_01 SET mood_score = 0;
    RESET ROLE;
    EXECUTE format('DROP OWNED BY %I', v_role);
    EXECUTE format('DROP ROLE %I', v_role);
END
$$;
SELECT mood_score = 0 FROM wellness_entries WHERE user_id = 2;
