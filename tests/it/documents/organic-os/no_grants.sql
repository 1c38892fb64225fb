-- expect: wrong a user may not read their own entry, because no table was ever granted to anyone
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE wellness_entries (user_id integer, date date);
INSERT INTO wellness_entries VALUES (1, '2026-01-01');
ALTER TABLE wellness_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY read_own ON wellness_entries FOR SELECT USING (user_id = 1);
CREATE TABLE outcome (state text);
DO $$
DECLARE
    v_role  text := 'user_' || replace(gen_random_uuid()::text, '-', '');
    v_state text := '00000';
BEGIN
    EXECUTE format('CREATE ROLE %I', v_role);
    EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
    BEGIN
        EXECUTE format('SET LOCAL ROLE %I', v_role);
        PERFORM FROM wellness_entries;
    EXCEPTION WHEN insufficient_privilege THEN
        v_state := SQLSTATE;
    END;
    RESET ROLE;
    EXECUTE format('DROP ROLE %I', v_role);
    INSERT INTO outcome VALUES (v_state);
END
$$;
SELECT state = '42501' FROM outcome;
