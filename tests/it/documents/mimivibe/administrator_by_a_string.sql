-- expect: wrong a user makes themselves an administrator, because the policy looks at the id alone
-- The role has a name of its own and is dropped again, since roles belong to the whole cluster.
CREATE TABLE users (id integer PRIMARY KEY, external_provider varchar(50) NOT NULL);
INSERT INTO users VALUES (1, 'clerk');
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY view_own ON users FOR SELECT USING (current_setting('app.uid')::integer = id);
CREATE POLICY update_own ON users FOR UPDATE
    USING (current_setting('app.uid')::integer = id) WITH CHECK (current_setting('app.uid')::integer = id);
DO $$
DECLARE
    v_role text := 'user_' || replace(gen_random_uuid()::text, '-', '');
BEGIN
    EXECUTE format('CREATE ROLE %I', v_role);
    EXECUTE format('GRANT %I TO CURRENT_USER', v_role);
    EXECUTE format('GRANT ALL ON users TO %I', v_role);
    PERFORM set_config('app.uid', '1', true);
    EXECUTE format('SET LOCAL ROLE %I', v_role);
    UPDATE users SET external_provider = 'admin' WHERE id = 1;
    RESET ROLE;
    EXECUTE format('DROP OWNED BY %I', v_role);
    EXECUTE format('DROP ROLE %I', v_role);
END
$$;
SELECT EXISTS (SELECT FROM users WHERE id = 1 AND external_provider = 'admin');
