-- expect: wrong a user may not read their own row, because no table was ever granted to anyone
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE users (id integer PRIMARY KEY);
INSERT INTO users VALUES (1);
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY view_own ON users FOR SELECT USING (id = 1);
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
        PERFORM FROM users;
    EXCEPTION WHEN insufficient_privilege THEN
        v_state := SQLSTATE;
    END;
    RESET ROLE;
    EXECUTE format('DROP ROLE %I', v_role);
    INSERT INTO outcome VALUES (v_state);
END
$$;
SELECT state = '42501' FROM outcome;
