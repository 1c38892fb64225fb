-- expect: wrong a user empties everybody's diary where everything is granted, because TRUNCATE asks no policy
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE wellness_entries (user_id integer, date date);
INSERT INTO wellness_entries VALUES (1, '2026-01-01'), (2, '2026-01-01');
ALTER TABLE wellness_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY delete_own ON wellness_entries FOR DELETE USING (user_id = 1);
DO $$
DECLARE
    v_role text := 'user_' || replace(gen_random_uuid()::text, '-', '');
BEGIN
    EXECUTE format('CREATE ROLE %I', v_role);
    EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
    EXECUTE format('GRANT ALL ON ALL TABLES IN SCHEMA public TO %I', v_role);
    EXECUTE format('SET LOCAL ROLE %I', v_role);
    TRUNCATE wellness_entries;
    RESET ROLE;
    EXECUTE format('DROP OWNED BY %I', v_role);
    EXECUTE format('DROP ROLE %I', v_role);
END
$$;
SELECT NOT EXISTS (SELECT FROM wellness_entries);
