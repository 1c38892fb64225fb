-- expect: wrong a user may not read their own row, because no table was ever granted to anyone
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE users (id integer PRIMARY KEY);
INSERT INTO users VALUES (1);
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY user_select_own ON users FOR SELECT USING (id = 1);
CREATE TABLE outcome (state text);
DO $$
DECLARE
    v_role text := 'user_' || replace(gen_random_uuid()::text, '-', '');
BEGIN
    EXECUTE format('CREATE ROLE %I', v_role);
    EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
    BEGIN
        EXECUTE format('SET LOCAL ROLE %I', v_role);
        PERFORM FROM users;
    EXCEPTION WHEN insufficient_privilege THEN
        RESET ROLE;
        INSERT INTO outcome VALUES (SQLSTATE);
    END;
    RESET ROLE;
    EXECUTE format('DROP OWNED BY %I', v_role);
    EXECUTE format('DROP ROLE %I', v_role);
END
$$;
SELECT state = '42501' FROM outcome;
