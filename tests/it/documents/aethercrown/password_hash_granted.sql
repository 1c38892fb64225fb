-- expect: wrong whoever is signed in reads a password hash, where everything is granted, as Supabase grants it
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE users (id integer PRIMARY KEY, password_hash varchar(255));
INSERT INTO users VALUES (1, 'a hash');
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY user_select_own ON users FOR SELECT USING (id = 1);
CREATE TABLE outcome (password_hash text);
GRANT INSERT ON outcome TO PUBLIC;
DO $$
DECLARE
    v_role text := 'user_' || replace(gen_random_uuid()::text, '-', '');
BEGIN
    EXECUTE format('CREATE ROLE %I', v_role);
    EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
    EXECUTE format('GRANT ALL ON users TO %I', v_role);
    EXECUTE format('SET LOCAL ROLE %I', v_role);
    INSERT INTO outcome SELECT u.password_hash FROM users u;
    RESET ROLE;
    EXECUTE format('DROP OWNED BY %I', v_role);
    EXECUTE format('DROP ROLE %I', v_role);
END
$$;
SELECT password_hash = 'a hash' FROM outcome;
