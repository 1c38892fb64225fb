-- expect: 3F000
-- Stock PostgreSQL has no schema auth, so a policy that asks it who is calling cannot be created.
CREATE TABLE users (id uuid PRIMARY KEY);
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY user_select_own ON users FOR SELECT USING (auth.uid() = id);
